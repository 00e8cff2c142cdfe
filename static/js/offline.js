// Registers the service worker once the page has what it needs, and tries again by itself where there is no network.
(() => {
  const FIRST_MS = 1000;
  const LONGEST_MS = 30000;

  /** Asks for the server until it answers: "online" says that there is some network, and a server that is back says nothing. */
  function goOn() {
    let wait = FIRST_MS;
    let timer = setTimeout(look, wait);

    async function look() {
      clearTimeout(timer);
      try {
        const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
        // ours is JSON; a proxy's word that the server is away is not
        if (answer.headers.get("Content-Type")?.includes("json")) return location.reload();
      } catch { /* not yet */ }
      clearTimeout(timer);
      timer = setTimeout(look, wait);
      wait = Math.min(wait * 2, LONGEST_MS);
    }

    addEventListener("online", () => { wait = FIRST_MS; look(); });
  }

  if (document.body.classList.contains("offline")) {
    if (location.pathname !== "/offline") goOn();
    return;
  }
  if (!("serviceWorker" in navigator)) return;
  const register = () => navigator.serviceWorker.register("/sw.js").catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register);
})();

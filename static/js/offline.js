// Registers the service worker once the page has what it needs, and tries again by itself where there is no network.
(() => {
  if (document.body.classList.contains("offline")) {
    addEventListener("online", () => location.reload());
    return;
  }
  if (!("serviceWorker" in navigator)) return;
  const register = () => navigator.serviceWorker.register("/sw.js").catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register);
})();

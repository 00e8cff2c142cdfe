// Fetches a message when the pointer rests on its row or a finger touches it, and hands the answer to htmx on the press.
// The request says HX-Preloaded, so the server leaves the message unread; opening it then says so with a POST.
(() => {
  const REST_MS = 65;
  const KEPT_MS = 15000;
  const fetched = new Map(); // path -> {answer, until}
  let resting = 0;

  function preload(link) {
    const path = link.getAttribute("href");
    const known = fetched.get(path);
    if ((known && known.until > Date.now()) || link.hasAttribute("aria-current")) return;
    const answer = fetch(path, {
      headers: { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Preloaded": "true", "HX-Current-URL": location.href },
      credentials: "same-origin",
      priority: "low",
    });
    answer.then(response => response.ok || fetched.delete(path), () => fetched.delete(path));
    if (fetched.size > 8) fetched.delete(fetched.keys().next().value);
    fetched.set(path, { answer, until: Date.now() + KEPT_MS });
  }

  const linkOf = event => event.target.closest?.("#message-list a.row-link");

  document.addEventListener("pointerover", event => {
    clearTimeout(resting);
    const link = event.pointerType === "mouse" && !navigator.connection?.saveData && linkOf(event);
    if (link) resting = setTimeout(preload, REST_MS, link);
  });
  document.addEventListener("touchstart", event => {
    const link = linkOf(event);
    if (link) preload(link);
  }, { passive: true });

  document.addEventListener("htmx:before:request", event => {
    const { ctx } = event.detail;
    const link = ctx.sourceElement;
    if (ctx.request.method !== "GET") fetched.clear(); // whatever changes makes what was fetched stale
    if (!link.matches("#message-list a.row-link")) return;
    const path = link.getAttribute("href");
    const known = fetched.get(path);
    fetched.delete(path);
    if (!known || known.until < Date.now()) return;
    // A failed prefetch must not become a failed press.
    ctx.fetch = (action, request) => known.answer.then(
      response => response.ok ? response : fetch(action, request), () => fetch(action, request));
    const row = link.closest("li");
    ctx.preloaded = row.matches(".unread, :has(.badge.danger)") ? row.dataset.id : "";
  });

  document.addEventListener("htmx:after:swap", event => {
    const id = event.detail?.ctx?.preloaded;
    if (!id) return;
    event.detail.ctx.preloaded = "";
    htmx.ajax("POST", `/messages/${id}/flags`, { source: "#background", target: "#background", swap: "none", values: { seen: "1", opened: "1", view: document.getElementById("list-pane").dataset.view } });
  });
})();

// Fetches what writing needs when somebody is about to write: it is a fifth of the page, and most come to read.
(() => {
  const SOON = "[data-write], #message-list .row-link:has(.draft)";
  const { style, scripts } = document.getElementById("writing").dataset;
  // A page that came with a letter brought it along. Not told by the letter: htmx may have opened one before this ran.
  let loading = Boolean(document.querySelector(`link[rel=stylesheet][href="${style}"]`));

  function load() {
    if (loading) return;
    loading = true;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
    for (const src of scripts.split(" ")) {
      document.head.append(Object.assign(document.createElement("script"), { src, async: false }));
    }
  }

  for (const sign of ["pointerover", "touchstart", "focusin"]) {
    document.addEventListener(sign, event => { if (event.target.closest?.(SOON)) load(); }, { passive: true });
  }
  document.addEventListener("htmx:before:request", event => {
    const source = event.detail.ctx.sourceElement;
    if (source.matches?.(SOON)) load();
    const drawer = document.getElementById("sidebar");
    if (source.matches?.("[data-write]") && drawer.matches(":popover-open")) drawer.hidePopover();
  });
  const opened = () => { if (document.getElementById("compose-form")) load(); };
  document.addEventListener("htmx:after:swap", opened);
  opened();
})();

// The way to the search field: "/", the search buttons; fetches js/search.js when somebody is about to search.
(() => {
  const byId = id => document.getElementById(id);
  const { script } = byId("seeking").dataset;
  let loading = false;

  function load() {
    if (loading) return;
    loading = true;
    document.head.append(Object.assign(document.createElement("script"), { src: script, async: false }));
  }

  /** Show the field where the screen is too narrow for it, and begin in it. */
  function open() {
    const input = byId("search-input");
    if (!input) return false;
    load();
    byId("search").classList.add("open");
    byId("list-pane").classList.add("searching");
    input.focus();
    input.select();
    return true;
  }

  document.addEventListener("click", event => {
    const link = event.target.closest?.("[data-search]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !open()) return;
    event.preventDefault();
  });
  document.addEventListener("keydown", event => {
    if (event.key !== "/" || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input:not(.tick), textarea, select, [contenteditable], dialog[open]")) return;
    if (document.querySelector("dialog[open]")) return;
    if (open()) event.preventDefault();
  });
  for (const sign of ["pointerover", "touchstart", "focusin"]) {
    document.addEventListener(sign, event => { if (event.target.closest?.("#search, [data-search]")) load(); }, { passive: true });
  }
  const shown = () => {
    if (byId("search-input")?.value) load();
    else if (byId("search")?.classList.contains("open") && !byId("reading-pane")?.dataset.id) open();
  };
  document.addEventListener("htmx:after:swap", event => {
    if (event.detail?.ctx?.target?.id === "list-pane") shown();
  });
  shown();
})();

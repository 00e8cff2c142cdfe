// Fetches what codes need (copying, countdowns, the wall) once the page stands; a page without a code asks for it later.
(() => {
  const words = document.getElementById("code-words");
  const { style, script } = words.dataset;
  const wanted = () => document.querySelector("[data-code], #code-wall, .code-chip");
  let loading = false;

  function load() {
    if (loading || !wanted()) return;
    loading = true;
    if (!document.querySelector(`link[rel=stylesheet][href="${style}"]`)) {
      document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
    }
    document.head.append(Object.assign(document.createElement("script"), { src: script }));
  }

  // The swap style "codes" of partials/live/code.html: js/codes.js brings `settle`; until then a card goes on top.
  const onTop = card => {
    document.getElementById(card.id)?.remove();
    document.getElementById(card.dataset.state === "live" ? "codes-now" : "codes-over")?.prepend(card);
    return card;
  };
  htmx.registerExtension("codes", {
    handle_swap: (swap, wall, fragment) => swap === "codes"
      && [...fragment.querySelectorAll(".wall-card")].map(card => (words.settle ?? onTop)(card)),
  });

  document.addEventListener("htmx:after:swap", load);
  if (document.readyState === "complete") load();
  else addEventListener("load", () => setTimeout(load));
})();

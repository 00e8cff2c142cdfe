// Fetches what codes need (copying, countdowns, the wall) once the page stands; a page without a code asks for it later.
(() => {
  const { style, script } = document.getElementById("code-words").dataset;
  const wanted = () => document.querySelector("[data-code], #code-wall, .chip");
  let loading = false;

  function load() {
    if (loading || !wanted()) return;
    loading = true;
    if (!document.querySelector(`link[rel=stylesheet][href="${style}"]`)) {
      document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
    }
    document.head.append(Object.assign(document.createElement("script"), { src: script }));
  }

  document.addEventListener("htmx:after:swap", load);
  if (document.readyState === "complete") load();
  else addEventListener("load", () => setTimeout(load));
})();

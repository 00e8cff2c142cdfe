// Fetches what filing needs (ticks, drag, swipe, the dialog) at the first sign of a hand: most come to read.
(() => {
  const SIGNS = ["pointerover", "touchstart", "focusin", "change"];
  const SOON = "#list-pane, #message-toolbar, #sidebar";

  function load(event) {
    if (event && !event.target.closest?.(SOON)) return;
    for (const sign of SIGNS) document.removeEventListener(sign, load);
    const { style, script } = document.getElementById("handling").dataset;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
    document.head.append(Object.assign(document.createElement("script"), { src: script }));
  }

  for (const sign of SIGNS) document.addEventListener(sign, load, { passive: true });
  // a finger may swipe at once
  if (matchMedia("(pointer: coarse)").matches) addEventListener("load", () => load(), { once: true });
})();

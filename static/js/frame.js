// Gives the mail frame the height of its mail and makes wide mail fit; fetches the viewer at the first press.
(() => {
  const SMALLEST = 0.5; // below that, text cannot be read: it scrolls sideways instead
  const SMALL = 0.8; // below that, on a phone at once, widths of tables give way first
  const PHONE = 500; // px
  const TALLEST = 200_000; // px: what is taller scrolls inside its frame
  const watched = new WeakSet();
  const FRAMES = "iframe.letter-frame";

  function fit(frame) {
    const root = frame.contentDocument?.documentElement;
    if (!root?.querySelector("body")) return;
    root.style.zoom = "";
    root.removeAttribute("data-narrow");
    if (root.clientWidth / root.scrollWidth < (root.clientWidth < PHONE ? 1 : SMALL)) root.setAttribute("data-narrow", "");
    const ratio = root.clientWidth / root.scrollWidth;
    if (ratio < 1) root.style.zoom = String(Math.max(ratio, SMALLEST));
    stretch(frame, root);
  }

  function stretch(frame, root) {
    const height = Math.ceil(root.getBoundingClientRect().height);
    root.style.overflowY = height > TALLEST ? "auto" : "hidden"; // without scripts it scrolls
    frame.style.height = `${Math.min(height, TALLEST)}px`;
    frame.classList.add("sized");
  }

  function settle(frame) {
    const root = frame.contentDocument?.documentElement;
    if (!root || watched.has(root)) return;
    fit(frame);
    watched.add(root);
    let width = frame.clientWidth;
    new ResizeObserver(() => {
      if (frame.clientWidth !== width) fit(frame);
      else stretch(frame, root);
      width = frame.clientWidth;
    }).observe(root);
    root.addEventListener("load", () => fit(frame), true); // images
    root.addEventListener("keydown", event => {
      // A press inside the mail is a press on the page.
      const { key, isComposing, ctrlKey, metaKey, altKey } = event;
      if (event.target.closest("summary") && (key === "Enter" || key === " ")) return;
      const again = new KeyboardEvent("keydown", { key, isComposing, ctrlKey, metaKey, altKey, bubbles: true, cancelable: true });
      if (!document.body.dispatchEvent(again)) event.preventDefault();
    });
  }

  // The text is there before its images are: it is shown at once, and what stands below it when they are.
  function expectLetter(frame) {
    const letter = frame.contentDocument;
    if (letter && letter.URL !== "about:blank" && letter.readyState !== "loading") settle(frame);
    else if (frame.isConnected) requestAnimationFrame(() => expectLetter(frame));
    if (letter?.readyState === "complete" && letter.URL !== "about:blank") frame.classList.add("settled");
  }

  const expectAll = () => document.querySelectorAll(FRAMES).forEach(expectLetter);

  document.addEventListener("load", event => {
    if (event.target.matches?.(FRAMES)) expectLetter(event.target);
  }, true);
  document.addEventListener("htmx:after:swap", expectAll);
  expectAll();

  let viewer = null;
  document.addEventListener("click", event => {
    const link = event.target.closest("[data-look], [data-print]");
    if (!link || viewer || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const { style, script } = document.getElementById("viewing").dataset;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
    viewer = Object.assign(document.createElement("script"), { src: script });
    viewer.addEventListener("load", () => link.click());
    viewer.addEventListener("error", () => { viewer = null; });
    document.head.append(viewer);
  });
})();

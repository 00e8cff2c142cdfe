// What the stream moves in the list glides to its new place: what was read there stays under the eye, and nothing jumps.
(() => {
  const GLIDE_MS = 140;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const list = () => document.getElementById("message-list");
  const isStream = event => event.target instanceof Element && event.target.matches("[hx-sse\\:connect]");
  let places = null;

  /** Where rows and headings stand that can be seen. */
  function seen() {
    const found = new Map();
    const scroller = document.getElementById("list-scroll");
    if (!scroller) return found;
    const { top, bottom } = scroller.getBoundingClientRect();
    for (const each of [...scroller.querySelectorAll(".list-note"), ...(list()?.children ?? [])]) {
      const place = each.getBoundingClientRect();
      if (place.top > bottom) break;
      if (place.height && place.bottom > top) found.set(each, place.top);
    }
    return found;
  }

  document.addEventListener("htmx:sse:before:message", event => {
    places = isStream(event) && !still.matches && !document.hidden ? seen() : null;
  });

  document.addEventListener("htmx:sse:after:message", event => {
    if (!isStream(event) || !places?.size) return;
    const moved = [...places].filter(([each]) => each.isConnected)
      .map(([each, before]) => [each, before - each.getBoundingClientRect().top]);
    for (const [each, by] of moved) {
      const steps = [{ transform: `translateY(${by}px)` }, { transform: "none" }];
      if (by) each.animate(steps, { duration: GLIDE_MS, easing: "ease-out" });
    }
    places = null;
  });
})();

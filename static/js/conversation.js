// An open conversation: it begins at what is new, what was unfolded gets the focus, what came by itself is read once it
// was seen for a second.
(() => {
  const SEEN_MS = 1000;
  const waiting = new Map(); // item -> timer

  function read(item) {
    if (document.hidden || !item.isConnected) return;
    item.classList.remove("unread");
    watcher.unobserve(item);
    const { view } = document.getElementById("list-pane").dataset;
    htmx.ajax("POST", `/messages/${item.dataset.id}/flags`, {
      source: "#background", target: "#background", swap: "none", values: { seen: "1", opened: "1", view },
    });
  }

  const watcher = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(waiting.get(target));
      if (isIntersecting) waiting.set(target, setTimeout(read, SEEN_MS, target));
    }
  });

  function watch() {
    for (const item of document.querySelectorAll(".item.opened.joined.unread")) watcher.observe(item);
  }

  // What is new may stand below many lines that were read.
  function begin() {
    const pane = document.getElementById("reading-pane");
    const scroller = pane?.querySelector(".reading-scroll");
    const first = pane?.querySelector(".conversation > .opened");
    if (!first || scroller.dataset.begun || location.hash.startsWith("#item-")) return;
    scroller.dataset.begun = "";
    const above = first.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    if (above > scroller.clientHeight / 2) scroller.scrollTop += above - 120;
  }

  document.addEventListener("htmx:after:swap", event => {
    begin();
    const target = event.detail?.ctx?.target;
    if (target?.matches?.(".item.folded")) document.getElementById(target.id)?.focus({ preventScroll: true });
    watch();
  });
  // a tab that is looked at again begins anew
  document.addEventListener("visibilitychange", () => {
    for (const item of waiting.keys()) watcher.unobserve(item);
    waiting.clear();
    if (!document.hidden) watch();
  });
  begin();
  watch();
})();

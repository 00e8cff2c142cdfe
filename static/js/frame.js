// Gives the mail frame the height of its mail, makes wide mail fit, and offers to adapt light mail to the dark.
(() => {
  const SMALLEST = 0.5; // below that, text cannot be read: it scrolls sideways instead
  const ADAPTED = "adapted-senders";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const watched = new WeakSet();

  function fit(frame) {
    const root = frame.contentDocument?.documentElement;
    if (!root?.querySelector("body")) return;
    root.style.zoom = "";
    const ratio = root.clientWidth / root.scrollWidth;
    if (ratio < 1) root.style.zoom = String(Math.max(ratio, SMALLEST));
    frame.style.height = `${Math.ceil(root.getBoundingClientRect().height)}px`;
  }

  function inTheDark() {
    const theme = document.documentElement.dataset.theme;
    return theme ? theme === "dark" : dark.matches;
  }

  function adapted(sender, change) {
    let senders = [];
    try { senders = JSON.parse(localStorage.getItem(ADAPTED)) ?? []; } catch { /* private window */ }
    if (change === undefined) return senders.includes(sender);
    senders = senders.filter(each => each !== sender).concat(change ? sender : []).slice(-200);
    try { localStorage.setItem(ADAPTED, JSON.stringify(senders)); } catch { /* private window */ }
    return change;
  }

  function dress(frame) {
    const button = document.querySelector("[data-adapt]");
    const root = frame.contentDocument?.documentElement;
    if (!button || !root) return;
    const coloured = root.querySelector('[bgcolor],[background],[color],[style*="color:"],[style*="background"]');
    const now = Boolean(coloured) && inTheDark() && adapted(button.dataset.sender);
    button.hidden = !coloured || !inTheDark();
    button.textContent = now ? button.dataset.sent : button.dataset.adapted;
    root.toggleAttribute("data-adapted", now);
  }

  function settle(frame) {
    dress(frame);
    fit(frame);
    const root = frame.contentDocument?.documentElement;
    if (!root || watched.has(root)) return;
    watched.add(root);
    let width = 0;
    new ResizeObserver(() => {
      if (frame.clientWidth !== width) fit(frame);
      else frame.style.height = `${Math.ceil(root.getBoundingClientRect().height)}px`;
      width = frame.clientWidth;
    }).observe(root);
    root.addEventListener("load", () => fit(frame), true); // images
    root.addEventListener("keydown", event => {
      // A press inside the mail is a press on the page.
      const { key, isComposing, ctrlKey, metaKey, altKey } = event;
      const again = new KeyboardEvent("keydown", { key, isComposing, ctrlKey, metaKey, altKey, bubbles: true, cancelable: true });
      if (!document.body.dispatchEvent(again)) event.preventDefault();
    });
  }

  function settleAll() {
    for (const frame of document.querySelectorAll("iframe.letter-frame")) {
      if (frame.contentDocument?.readyState === "complete") settle(frame);
    }
  }

  document.addEventListener("load", event => {
    if (event.target.matches?.("iframe.letter-frame")) settle(event.target);
  }, true);
  document.addEventListener("htmx:after:swap", settleAll);
  dark.addEventListener("change", settleAll);
  document.addEventListener("click", event => {
    const button = event.target.closest("[data-adapt]");
    if (!button) return;
    adapted(button.dataset.sender, !adapted(button.dataset.sender));
    settleAll();
  });
  settleAll();
})();

// Counts a toast's seconds down and takes it away; says when a request failed.
(() => {
  const toasts = document.getElementById("toasts");
  const SHORT_S = 5;
  const UNDER = 8; // notices that wait below the one on top
  let before = ""; // id of what had the focus before it went into a toast

  /** The focus goes back to where it came from, before a toast goes. */
  function leave(toast) {
    if (!toast.contains(document.activeElement)) return;
    (document.getElementById(before) ?? document.getElementById("list-title"))?.focus({ preventScroll: true });
  }

  function end(toast) {
    leave(toast);
    toast.remove();
  }

  function run(toast) {
    const undo = toast.querySelector(".toast-left");
    let left = Number(toast.dataset.seconds) || SHORT_S;
    const show = () => { if (undo) undo.textContent = left; };
    show();
    const timer = setInterval(() => {
      left -= 1;
      show();
      if (left > 0 && toast.isConnected) return;
      clearInterval(timer);
      if (toast.isConnected) end(toast);
    }, 1000);
  }

  function say(text) {
    const toast = Object.assign(document.createElement("div"), { className: "toast" });
    toast.dataset.seconds = SHORT_S;
    toast.append(Object.assign(document.createElement("span"), { className: "toast-text", textContent: text }));
    toasts.append(toast);
  }

  /** Only one is seen at a time: a second one would cover what it speaks of. What can be taken back waits below it. */
  function cover(toast) {
    if (toast.matches(".working")) return;
    leave(toast);
    if (!toast.querySelector(".toast-action")) {
      toast.remove();
      return;
    }
    toast.className = "toast-under";
    toast.hidden = true;
    const under = toasts.querySelectorAll(".toast-under");
    if (under.length > UNDER) under[0].remove();
  }

  /** The newest that waits is seen again; its seconds ran on. */
  function uncover() {
    const under = [...toasts.querySelectorAll(".toast-under")].pop();
    if (!under || toasts.querySelector(".toast")) return;
    under.className = "toast";
    under.hidden = false;
  }

  new MutationObserver(changes => {
    for (const node of changes.flatMap(change => [...change.addedNodes])) {
      if (!node.matches?.(".toast")) continue;
      for (const older of toasts.querySelectorAll(".toast")) if (older !== node) cover(older);
      run(node);
    }
    uncover();
  }).observe(toasts, { childList: true });
  toasts.querySelectorAll(".toast").forEach(run);

  toasts.addEventListener("focusin", event => {
    if (!toasts.contains(event.relatedTarget)) before = event.relatedTarget?.id ?? "";
  });

  document.addEventListener("htmx:after:swap", event => {
    const source = event.detail?.ctx?.sourceElement;
    const toast = source?.matches?.("#toasts form") && event.detail.ctx.response?.status < 400 && source.closest(".toast, .toast-under");
    if (toast) end(toast);
  });
  document.addEventListener("htmx:response:error", event => {
    const { ctx } = event.detail;
    if (ctx.sourceElement?.id === "live" || ctx.text?.includes("hx-partial")) return;
    say(ctx.response.status === 404 ? toasts.dataset.gone : toasts.dataset.failed);
  });
  document.addEventListener("htmx:error", event => {
    if (event.detail.ctx && event.detail.ctx.sourceElement?.id !== "live") say(toasts.dataset.offline);
  });
})();

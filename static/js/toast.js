// Counts a toast's seconds down and takes it away; says when a request failed.
(() => {
  const toasts = document.getElementById("toasts");
  const SHORT_S = 5;

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
      toast.remove();
    }, 1000);
  }

  function say(text) {
    const toast = Object.assign(document.createElement("div"), { className: "toast" });
    toast.dataset.seconds = SHORT_S;
    toast.append(Object.assign(document.createElement("span"), { className: "toast-text", textContent: text }));
    toasts.append(toast);
  }

  // Only one at a time: a second one would cover what it speaks of.
  new MutationObserver(changes => {
    for (const node of changes.flatMap(change => [...change.addedNodes])) {
      if (!node.matches?.(".toast")) continue;
      for (const older of toasts.querySelectorAll(".toast")) if (older !== node && !older.matches(".working")) older.remove();
      run(node);
    }
  }).observe(toasts, { childList: true });
  toasts.querySelectorAll(".toast").forEach(run);

  document.addEventListener("htmx:after:swap", event => {
    const source = event.detail?.ctx?.sourceElement;
    if (source?.matches?.(".toast form") && event.detail.ctx.response?.status < 400) source.closest(".toast").remove();
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

// Desktop notifications while a tab is open: what the announcer says is said by the desktop too, where nobody looks.
(() => {
  const KEY = "notify";
  const byId = id => document.getElementById(id);
  const able = "Notification" in window && isSecureContext;
  const wanted = () => { try { return localStorage.getItem(KEY) === "on"; } catch { return false; } };
  const isOn = () => able && wanted() && Notification.permission === "granted";

  // ---- the settings page

  const place = byId("notify");
  const button = byId("notify-switch");

  function draw() {
    const denied = able && Notification.permission === "denied";
    button.setAttribute("aria-pressed", String(isOn()));
    button.disabled = !able || denied;
    byId("notify-state").textContent = !able ? place.dataset.missing : denied ? place.dataset.denied : isOn() ? place.dataset.on : place.dataset.off;
  }

  if (place) {
    draw();
    button.addEventListener("click", async () => {
      const on = !isOn();
      if (on && Notification.permission !== "granted") await Notification.requestPermission();
      try { localStorage.setItem(KEY, on ? "on" : "off"); } catch { /* private windows keep nothing */ }
      draw();
    });
  }

  // ---- pages with a stream

  const announcer = byId("announcer");
  if (!announcer) return;

  async function announce(text) {
    const options = { body: text, tag: "new-mail", renotify: true, icon: byId("favicon")?.href };
    const news = byId("code-news")?.firstElementChild; // a code says itself, and offers to be copied
    const title = news ? news.dataset.title : document.body.dataset.site;
    if (news) {
      const { code, id, href, text: body } = news.dataset;
      Object.assign(options, { body, tag: `code-${id}`, data: { code, id, href } });
      if (code) options.actions = [{ action: "copy", title: byId("code-words").dataset.copy }];
    }
    const worker = await navigator.serviceWorker?.getRegistration?.();
    if (worker) return worker.showNotification(title, options);
    delete options.actions;
    const note = new Notification(title, options);
    note.addEventListener("click", () => { focus(); note.close(); });
  }

  /** Of several tabs one speaks: the first to get there, and for a moment no other. */
  function once(act) {
    navigator.locks.request("announce", { ifAvailable: true }, async lock => {
      if (!lock) return;
      await act();
      await new Promise(done => setTimeout(done, 1500));
    });
  }

  new MutationObserver(() => {
    const text = announcer.textContent.trim();
    if (text && document.hidden && isOn()) once(() => announce(text).catch(() => {}));
  }).observe(announcer, { childList: true, characterData: true, subtree: true });
})();

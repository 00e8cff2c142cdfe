// The unread count beyond the side bar: tab title, favicon, heading of the list; since when a cut connection stands still.
(() => {
  const byId = id => document.getElementById(id);

  function show() {
    const unread = Number(byId("count-inbox")?.textContent.trim()) || 0;
    const bare = document.title.replace(/^\(\d+\) /, "");
    const title = unread ? `(${unread}) ${bare}` : bare;
    if (document.title !== title) document.title = title;
    const icon = byId("favicon");
    const href = unread ? icon.dataset.unread : icon.dataset.plain;
    if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
    const current = document.querySelector('#sidebar .folder[aria-current] .folder-count');
    const heading = byId("list-count");
    if (current && heading && heading.textContent !== current.textContent) heading.textContent = current.textContent;
  }

  function sinceWhen() {
    const line = byId("reconnecting");
    const since = line?.querySelector(".since");
    if (!since || line.hidden === !since.textContent) return;
    const clock = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    since.textContent = line.hidden ? "" : since.dataset.text.replace("{time}", clock);
  }

  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => { waiting = false; show(); sinceWhen(); });
  }).observe(document.documentElement, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["hidden", "aria-current"],
  });
  show();
})();

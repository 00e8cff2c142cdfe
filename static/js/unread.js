// The unread count beyond the side bar: tab title, favicon, heading of the list; since when a cut connection stands still.
(() => {
  const byId = id => document.getElementById(id);

  function show() {
    const unread = Number(byId("count-inbox")?.textContent.trim()) || 0;
    const open = byId("reading-pane")?.dataset.id;
    const shown = byId(open ? "subject" : "list-title")?.textContent.trim() ?? "";
    const news = byId("code-news")?.firstElementChild;
    document.title = news ? news.dataset.title : `${unread ? `(${unread}) ` : ""}${shown} · ${document.body.dataset.site}`;
    const icon = byId("favicon");
    const href = unread ? icon.dataset.unread : icon.dataset.plain;
    if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  }

  function sinceWhen() {
    const line = byId("reconnecting");
    const since = line?.querySelector(".since");
    if (!since || line.hidden === !since.textContent) return;
    const clock = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    since.textContent = line.hidden ? "" : since.dataset.text.replace("{time}", clock);
  }

  new MutationObserver(sinceWhen).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["hidden"] });
  // htmx sets a title of its own after the event
  document.addEventListener("htmx:after:swap", () => setTimeout(show));
  for (const change of ["panes:closed", "codes:seen"]) document.addEventListener(change, show);
  show();
})();

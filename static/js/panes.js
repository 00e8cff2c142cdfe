// Keeps the panes in step with each other: what is open, what is current, where the focus is, back and forward.
(() => {
  const byId = id => document.getElementById(id);
  const rowOf = element => element?.closest?.("li.row");
  const openId = () => byId("reading-pane")?.dataset.id ?? "";
  const view = () => byId("list-pane")?.dataset.view ?? "";
  const narrow = matchMedia("(max-width: 699px)");
  let opening = ""; // the message a pressed row asked for, until it is there
  let focusedPane = false; // whether the reading pane held it: the next message goes on with it
  let held = null; // what had the focus before a swap, or was given it after one
  let focusedRow = null; // the row that held the focus before a swap, with its neighbours

  function markOpen(id = opening || openId()) {
    for (const link of document.querySelectorAll("#message-list a[aria-current]")) {
      if (link.id !== `open-${id}`) link.removeAttribute("aria-current");
    }
    if (id) byId(`open-${id}`)?.setAttribute("aria-current", "true");
    for (const row of document.querySelectorAll("#message-list > [data-ceased]")) {
      if (row.dataset.id !== id) row.remove();
    }
  }

  function markFolder(path = view()) {
    for (const link of document.querySelectorAll("#sidebar .folder, .bottom-item")) {
      if (link.getAttribute("href") === path) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  // A page of older rows may begin with the day the list ended with.
  function dropRepeatedDays() {
    const seen = new Set();
    for (const day of document.querySelectorAll("#message-list > li.day")) {
      if (seen.has(day.id)) day.remove();
      seen.add(day.id);
    }
  }

  function closeMessage() {
    const id = openId();
    byId("reading-pane").replaceWith(byId("nothing-open").content.cloneNode(true));
    markOpen("");
    document.dispatchEvent(new CustomEvent("panes:closed"));
    (byId(`open-${id}`) ?? byId("list-title"))?.focus({ preventScroll: false });
  }

  const letter = () => document.querySelector("#reading-pane.open .reading-scroll");

  function keepFocus() {
    if (document.activeElement && document.activeElement !== document.body) return;
    const { id, after, before } = focusedRow ?? {};
    const next = [id, ...(after ?? []), ...(before ?? [])].map(each => byId(`open-${each}`)).find(Boolean);
    if (next) next.focus({ preventScroll: true });
    else if (focusedRow || focusedPane) (focusedPane && letter() || byId("list-title"))?.focus({ preventScroll: true });
    held = document.activeElement;
  }

  const ids = (row, step) => {
    const found = [];
    for (let each = row[step]; each; each = each[step]) if (each.dataset.id) found.push(each.dataset.id);
    return found;
  };

  function rememberFocus() {
    // of two swaps at once the second finds that the first took the focus away: it goes back to where it was before
    if (document.activeElement === document.body && held?.isConnected === false) return;
    held = document.activeElement;
    const row = rowOf(document.activeElement);
    focusedPane = Boolean(document.activeElement?.closest?.("#reading-pane"));
    focusedRow = row && {
      id: row.dataset.id, after: ids(row, "nextElementSibling"), before: ids(row, "previousElementSibling"),
    };
  }

  // The answer is on its way; the list already shows what was pressed.
  document.addEventListener("htmx:before:request", event => {
    const source = event.detail.ctx.sourceElement;
    if (source.matches(".row-link")) markOpen(opening = source.id.slice("open-".length));
    if (source.matches(".folder, .bottom-item")) {
      opening = "";
      markFolder(source.getAttribute("href"));
      if (byId("sidebar").matches(":popover-open")) byId("sidebar").hidePopover();
    }
  });

  document.addEventListener("htmx:before:swap", rememberFocus);

  document.addEventListener("htmx:after:swap", event => {
    const source = event.detail?.ctx?.sourceElement;
    if (source?.matches(".row-link")) opening = "";
    dropRepeatedDays();
    markOpen();
    markFolder();
    const opened = openId() && narrow.matches && source?.id !== "live" && rowOf(document.activeElement);
    if (opened) byId("subject").focus({ preventScroll: true });
    else keepFocus();
  });

  // What failed neither replaces anything nor becomes the address of the page.
  document.addEventListener("htmx:before:history:update", event => {
    if (event.detail.response?.status >= 400) event.preventDefault();
  });
  for (const failure of ["htmx:response:error", "htmx:error"]) {
    document.addEventListener(failure, () => { opening = ""; markOpen(); markFolder(); });
  }

  document.addEventListener("click", event => {
    const back = event.target.closest("[data-back]");
    if (!back || back.getAttribute("href") !== view() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // The list is still there behind the message: show it as it was left, nothing has to be fetched.
    event.preventDefault();
    event.stopImmediatePropagation();
    closeMessage();
    history.pushState({ htmx: true }, "", back.href);
  }, true);

  // Back and forward between this list and its messages need one pane, not the whole page.
  document.addEventListener("htmx:before:history:restore", event => {
    const path = event.detail.path;
    const link = document.querySelector(`#message-list a.row-link[href="${CSS.escape(path)}"]`);
    if (path === view()) {
      event.preventDefault();
      if (openId()) closeMessage();
    } else if (link) {
      event.preventDefault();
      htmx.ajax("GET", path, { source: link, target: "#reading-pane", swap: "outerHTML", push: "false" });
    }
  });

  // A row that comes alone slides in; a page of older ones and a new list are just there.
  new MutationObserver(changes => {
    const rows = changes.flatMap(change => change.target.id === "message-list" ? [...change.addedNodes] : [])
      .filter(node => node.matches?.("li.row"));
    if (rows.length !== 1) return;
    rows[0].classList.add("arriving");
    rows[0].addEventListener("animationend", () => rows[0].classList.remove("arriving"), { once: true });
  }).observe(document.body, { subtree: true, childList: true });

  markFolder();
})();

// Shortcuts; partials/keys.html lists them. None fires while an input method composes or a field has the focus.
(() => {
  const byId = id => document.getElementById(id);
  const rows = () => [...document.querySelectorAll("#message-list li.row")];
  const CHORD_MS = 1500;
  const places = { i: "inbox", s: "starred", d: "drafts", t: "sent", a: "archive", o: "queue" };
  let goUntil = 0;

  const currentRow = () => document.activeElement?.closest?.("li.row")
    ?? byId(`message-${byId("reading-pane")?.dataset.id}`);

  function step(by) {
    const all = rows();
    const at = all.indexOf(currentRow());
    const row = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
    row?.querySelector("a").focus();
    row?.scrollIntoView({ block: "nearest" });
    // beside an open message the next one opens; without, the choice only moves
    if (row && byId("reading-pane")?.dataset.id && all.indexOf(row) !== at) row.querySelector("a").click();
  }

  // Acts on what is ticked, else on the focused row where it is not the open one, else on the open message by its bar.
  function act(key, path, values) {
    const ticked = document.querySelector("#message-list .pick:checked") ?? document.querySelector(".list-pane.chosen");
    const wanted = ticked && (onTicked[key] ?? flagOf[key]?.());
    const button = wanted && document.querySelector(`#selection ${wanted}`);
    if (button) {
      button.click();
      return;
    }
    const row = document.activeElement?.closest?.("li.row");
    if (!row || row.dataset.id === byId("reading-pane")?.dataset.id) {
      byId(`${key}-button`)?.click();
      return;
    }
    const view = byId("list-pane").dataset.view;
    htmx.ajax("POST", path(row.dataset.id), {
      source: "#background", target: "#background", swap: "none", values: { view, ...values(row) },
    });
  }

  const onTicked = {
    archive: '[data-swipe="right"]', delete: '[formaction="/deletions"]',
    move: '[formaction="/choices"][value="move"]', label: '[formaction="/choices"][value="label"]', junk: '[value="junk"]',
  };
  // a flag goes on where one of what is ticked lacks it, else off; of everything the rows in sight say which
  const chosen = () => rows().filter(row => row.querySelector(".pick:checked"));
  const flagOf = {
    star: () => `[name=flagged][value="${chosen().every(row => row.querySelector(".mark-star")) ? 0 : 1}"]`,
    seen: () => `[name=seen][value="${chosen().some(row => row.classList.contains("unread")) ? 1 : 0}"]`,
  };
  const role = () => byId("list-pane").querySelector("#selection [data-swipe=right]")?.value ?? "";
  const message = row => ({ message: row.dataset.id });

  // the newest notice that can be taken back, then those below it
  const undoable = () => [...document.querySelectorAll("#toasts .toast-action")].filter(each => !each.closest(".htmx-request"));

  const flags = id => `/messages/${id}/flags`;
  const actions = {
    j: () => step(1),
    k: () => step(-1),
    o: () => currentRow()?.querySelector("a").click(),
    s: () => act("star", flags, row => ({ flagged: row.querySelector(".mark-star") ? "0" : "1" })),
    u: () => act("seen", flags, row => ({ seen: row.classList.contains("unread") ? "1" : "0" })),
    e: () => { if (role()) act("archive", () => "/moves", row => ({ ...message(row), to: role() })); },
    "#": () => act("delete", () => "/deletions", message),
    v: () => act("move", () => "/choices", row => ({ ...message(row), choice: "move" })),
    l: () => act("label", () => "/choices", row => ({ ...message(row), choice: "label" })),
    "!": () => act("junk", () => "/moves", row => ({ ...message(row), to: "junk" })),
    x: () => currentRow()?.querySelector(".pick")?.click(),
    c: () => document.querySelector("[data-write]")?.click(),
    r: () => byId("reply-link")?.click(),
    a: () => byId("reply-all-link")?.click(),
    f: () => byId("forward-link")?.click(),
    z: () => undoable().pop()?.click(),
    "?": () => byId("keys").showModal(),
    g: () => { goUntil = Date.now() + CHORD_MS; },
    Escape: () => document.querySelector("[data-back]")?.click(),
  };

  document.addEventListener("keydown", event => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input:not(.tick), textarea, select, [contenteditable], dialog[open], :popover-open")) return;
    if (document.querySelector("dialog[open], details.menu[open], :popover-open")) return;
    const going = goUntil > Date.now();
    goUntil = 0;
    if (going && places[event.key]) {
      document.querySelector(`#sidebar .folder[data-key="${places[event.key]}"]`)?.click();
      event.preventDefault();
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    action();
    event.preventDefault();
  });
})();

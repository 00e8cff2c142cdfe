// The search field: colours operators, offers what may follow, searches. Nothing happens while an input method composes.
(() => {
  const WAIT_MS = 80;
  const byId = id => document.getElementById(id);
  const form = () => byId("search");
  const input = () => byId("search-input");
  const list = () => byId("search-list");
  const isField = element => element?.id === "search-input";
  let composing = false;
  let timer = 0;
  let asking = null;

  // ---- colours: what is typed stands once more under the field, whose own text is clear

  const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  // every name of mail/query_terms.py, kept here: this file is fetched by who searches, the page by everybody
  const OPERATORS = [
    "from 发件人 来自 寄件人 寄件者 发信人 to 收件人 发给 收件者 收信人 deliveredto cc 抄送 副本",
    "addressed 往来 联系人 subject 主题 标题 主旨 body 正文 内容 内文 附件 filename 文件名 档名",
    "附件名 list 列表 邮件列表 code 验证码 has 有 含 is 是 状态 in 在 文件夹 资料夹 folder label 标签",
    "tag before 之前 早于 older until after 之后 晚于 newer since on 日期 date older_than olderthan",
    "超过 newer_than newerthan 最近 larger 大于 larger_than size smaller 小于 smaller_than",
  ].join(" ");
  const names = OPERATORS.split(/\s+/).sort((a, b) => b.length - a.length).map(escaped).join("|");
  const TOKEN = new RegExp(`(^|[\\s(（])([-－]?(?:${names})[:：])("[^"]*"?|“[^”]*”?|[^\\s()（）]*)`, "giu");

  function span(className, ...children) {
    const element = document.createElement("span");
    element.className = className;
    element.append(...children);
    return element;
  }

  function paint() {
    const field = input();
    if (!field) return;
    const paper = form().querySelector(".search-paint");
    const text = field.value;
    const pieces = [];
    let at = 0;
    for (const match of text.matchAll(TOKEN)) {
      const [whole, before, key, value] = match;
      pieces.push(text.slice(at, match.index) + before);
      pieces.push(value ? span("search-token", span("search-key", key), value) : span("search-key", key));
      at = match.index + whole.length;
    }
    pieces.push(text.slice(at));
    paper.replaceChildren(...pieces);
    paper.scrollLeft = field.scrollLeft;
    form().classList.add("painted");
    form().classList.toggle("filled", Boolean(text));
  }

  // ---- suggestions

  function hide() {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
    if (!list()) return;
    list().hidden = true;
    input().setAttribute("aria-expanded", "false");
    input().removeAttribute("aria-activedescendant");
  }

  const options = () => [...list().querySelectorAll("[role=option]")];
  const active = () => (list().hidden ? null : list().querySelector("[aria-selected=true]"));

  function mark(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (!option) return input().removeAttribute("aria-activedescendant");
    input().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function ask() {
    clearTimeout(timer);
    asking?.abort();
    if (!list().hidden) mark(null); // what is offered belongs to what stood there before
    if (composing) return;
    timer = setTimeout(async () => {
      const field = input();
      const text = field.value.slice(0, field.selectionStart);
      asking = new AbortController();
      try {
        const headers = { "HX-Request": "true" };
        const where = `/search/suggestions?q=${encodeURIComponent(text)}&view=${encodeURIComponent(form().getAttribute("action"))}`;
        const response = await fetch(where, { headers, signal: asking.signal });
        if (response.ok && document.activeElement === field && !composing) show(await response.text(), text);
      } catch { /* overtaken, or no network: nothing is offered */ }
    }, WAIT_MS);
  }

  function show(html, text) {
    list().innerHTML = html;
    if (!options().length) return hide();
    list().hidden = false;
    input().setAttribute("aria-expanded", "true");
    // Enter searches for what is typed; only after an operator that still lacks its value it takes the first offer
    mark(/[:：]$/.test(text) ? options()[0] : null);
  }

  function pick(option) {
    if (option.dataset.open) {
      const message = option.dataset.open;
      // what stands behind the cursor is searched for too, and may leave this one out
      search().then(() => (byId(`open-${message}`) ? byId(`open-${message}`).click() : location.assign(`/messages/${message}`)));
      return;
    }
    const field = input();
    const rest = field.value.slice(field.selectionStart);
    const text = option.dataset.text;
    field.value = text + (text.endsWith(" ") ? rest.trimStart() : rest);
    field.setSelectionRange(text.length, text.length);
    field.focus();
    paint();
    ask();
  }

  function step(by) {
    const all = options();
    const at = all.indexOf(active());
    mark(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length]);
  }

  // ---- searching

  const encoded = text => encodeURIComponent(text).replace(/[!'()*]/g, each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

  function search() {
    const text = input().value.trim();
    const path = form().getAttribute("action") + (text ? `?q=${encoded(text)}` : "");
    hide();
    input().blur();
    return htmx.ajax("GET", path, { source: "#search", target: "#list-pane", swap: "outerHTML", push: path })
      .then(() => byId("list-title")?.focus({ preventScroll: true }));
  }

  document.addEventListener("submit", event => {
    if (event.target.id !== "search") return;
    event.preventDefault();
    if (!composing) search();
  });

  // ---- typing

  document.addEventListener("compositionstart", event => {
    if (!isField(event.target)) return;
    composing = true;
    hide();
    form().classList.remove("painted"); // the input method draws into the field itself
  });
  document.addEventListener("compositionend", event => {
    if (!isField(event.target)) return;
    // the key that ends it may still be on its way as a plain Enter
    setTimeout(() => { composing = false; paint(); ask(); });
  });
  document.addEventListener("input", event => {
    if (!isField(event.target) || event.isComposing || composing) return;
    paint();
    ask();
  });
  document.addEventListener("focusin", event => {
    if (isField(event.target)) { paint(); ask(); }
  });
  document.addEventListener("focusout", event => {
    if (isField(event.target)) hide();
  });
  for (const sign of ["scroll", "keyup", "select"]) {
    document.addEventListener(sign, event => {
      if (isField(event.target)) form().querySelector(".search-paint").scrollLeft = event.target.scrollLeft;
    }, true);
  }

  document.addEventListener("keydown", event => {
    if (!isField(event.target)) return;
    if (event.isComposing || event.keyCode === 229 || composing) {
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const choice = active();
    const open = !list().hidden;
    if (event.key === "ArrowDown") open ? step(1) : ask();
    else if (event.key === "ArrowUp" && open) step(-1);
    else if (event.key === "Enter" && choice) pick(choice);
    else if (event.key === "Tab" && choice && !event.shiftKey) pick(choice);
    else if (event.key === "Escape" && open) hide();
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  }, true);

  /** Out of the field; on a narrow screen the field goes, too, where nothing is searched for. */
  function leave() {
    input().blur();
    if (form().classList.contains("active")) return;
    form().classList.remove("open");
    byId("list-pane").classList.remove("searching");
  }

  document.addEventListener("mousedown", event => {
    if (event.target.closest?.("#search-list")) event.preventDefault(); // the field keeps the focus
  });
  // a finger that only scrolls the list presses nothing
  document.addEventListener("click", event => {
    const option = event.target.closest?.("#search-list [role=option]");
    if (option) pick(option);
  });

  // Saving a search replaces the line it is done in: the focus goes on there.
  let inLine = false;
  document.addEventListener("focusin", event => { inLine = Boolean(event.target.closest?.("#search-line")); });
  document.addEventListener("htmx:after:swap", () => {
    if (input()) paint();
    if (inLine && document.activeElement === document.body) document.querySelector(".save-menu > summary")?.focus();
  });

  paint();
  if (document.activeElement === input()) ask();
})();

// The letter being written: opens over the list, keeps itself as a draft, is sent, made small, closed, discarded.
// Everything here has a plain form underneath; compose-people, -files and -rich.js work on the same form.
(() => {
  const SAVE_AFTER_MS = 2000;
  const AGAIN_AFTER_MS = 10000;
  const KEEPALIVE_BYTES = 60000; // browsers refuse more than 64 KiB in a request that outlives its page
  const byId = id => document.getElementById(id);
  let letter = null;
  let opener = null;

  const field = name => letter.form.elements[name];
  const place = () => Object.assign(document.createElement("div"), { id: "compose-pane", className: "compose-place", hidden: true });
  const tell = (name, detail) => letter?.pane.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));

  // ---- what the other scripts ask for

  window.Compose = {
    get letter() { return letter; },
    changed,
    /** The draft's id; made now where nothing was saved yet. */
    async draft() {
      if (!letter.draft) await save(true);
      return letter?.draft;
    },
    refuse,
    /** Uploads under way went up or down; a letter that waited for them goes. */
    busy(by) {
      letter.uploads += by;
      byId("compose-send").textContent = letter.uploads && letter.waiting ? byId("compose-send").dataset.waiting : letter.words;
      if (letter.uploads || !letter.waiting) return;
      const button = letter.waiting;
      letter.waiting = null;
      letter.form.requestSubmit(button);
    },
  };

  // ---- opening

  function open() {
    const pane = byId("compose-pane");
    if (pane === letter?.pane) return;
    letter = null;
    const form = byId("compose-form");
    if (!form) return;
    if (document.activeElement !== document.body && !document.activeElement.closest("#compose-pane")) opener = document.activeElement;
    letter = {
      pane, form, draft: Number(pane.dataset.draft) || 0, serial: 0, timer: 0, dirty: false, uploads: 0,
      saving: null, sending: false, waiting: null, asked: false, lost: false, words: byId("compose-send").textContent,
      from: form.elements.from.selectedOptions[0], opened: Date.now(),
    };
    for (const name of ["cc", "bcc"]) showCopy(name, Boolean(field(name).value));
    tell("compose:open");
    if (byId("compose-html").value) rich();
    presets();
    focusFirst();
  }

  function showCopy(name, shown) {
    letter.pane.querySelector(`.address-field[data-field="${name}"]`).hidden = !shown;
    letter.pane.querySelector(`[data-show="${name}"]`).hidden = shown;
    letter.pane.querySelector("[data-show=both]").hidden = !letter.pane.querySelector("[data-show]:not([hidden], [data-show=both])");
  }

  function focusFirst() {
    const refused = letter.pane.querySelector("#compose-refused [data-field]")?.dataset.field;
    if (refused) return focusField(refused);
    if (!field("to").value) return byId("compose-to").focus();
    const text = byId("compose-text");
    text.setSelectionRange(0, 0);
    text.focus({ preventScroll: true });
  }

  function focusField(name) {
    if (name === "cc" || name === "bcc") showCopy(name, true);
    (byId(`compose-${name}`) ?? byId("compose-send")).focus();
  }

  // ---- keeping

  function changed() {
    if (!letter || letter.lost) return;
    letter.dirty = true;
    clearTimeout(letter.timer);
    letter.timer = setTimeout(save, SAVE_AFTER_MS);
  }

  function fields() {
    tell("compose:collect");
    field("serial").value = ++letter.serial;
    const data = new FormData(letter.form);
    data.delete("attachment");
    return new URLSearchParams(data);
  }

  /** Save now, one after the other; with `always` even what nobody touched. */
  async function save(always = false) {
    const one = letter;
    if (!one || one.sending || one.lost) return;
    clearTimeout(one.timer);
    if (one.saving) await one.saving;
    if (one !== letter || one.sending || (!one.dirty && !(always === true && !one.draft))) return;
    one.dirty = false;
    one.saving = send(one, fields());
    await one.saving;
    one.saving = null;
  }

  async function send(one, body) {
    const shown = byId("compose-saved");
    const slow = setTimeout(() => { shown.textContent = one.pane.dataset.saving; }, 300);
    try {
      const response = await fetch("/drafts", { method: "POST", headers: { Accept: "application/json", "HX-Request": "true" }, body });
      const answer = await response.json();
      if (answer.submitted) return lost(one);
      if (!response.ok) throw new Error(answer.error);
      if (!answer.stale) adopt(one, answer);
    } catch (error) {
      shown.textContent = one.pane.dataset.unsaved;
      if (error.message && !(error instanceof TypeError) && !(error instanceof SyntaxError)) refuse(error.message);
      one.dirty = true;
      one.timer = setTimeout(save, AGAIN_AFTER_MS);
    } finally {
      clearTimeout(slow);
    }
  }

  function adopt(one, answer) {
    const before = one.draft;
    one.draft = answer.draft;
    one.pane.dataset.draft = answer.draft;
    one.form.elements.key.value = answer.key;
    one.form.elements.revision.value = answer.revision;
    one.pane.querySelector("#compose-saved").textContent = one.pane.dataset.saved.replace("{time}", answer.saved_at);
    if (answer.forked && before !== answer.draft) conflict(one, before);
    if (answer.error) refuse(answer.error);
    if (one.form.elements.originals?.checked) one.pane.querySelector("#compose-originals").remove();
    mention(one, answer.mentions);
    if (one === letter) tell("compose:files", answer.attachments);
  }

  function conflict(one, other) {
    const notice = one.pane.querySelector("#compose-conflict");
    notice.querySelector("a").href = `/compose?draft=${other}`;
    notice.hidden = !other;
  }

  function lost(one) {
    one.lost = true;
    one.pane.querySelector("#compose-saved").textContent = one.pane.dataset.sentElsewhere;
  }

  function mention(one, mentions) {
    one.pane.querySelector("#compose-mentions").hidden = !mentions || one.form.elements.unattached.value === "1";
  }

  /** The page goes away, or may: what was typed since the last save follows by a request that outlives it. */
  function leave() {
    if (!letter?.dirty || letter.sending || letter.lost) return;
    clearTimeout(letter.timer);
    letter.dirty = false;
    const body = fields();
    const keepalive = body.toString().length < KEEPALIVE_BYTES;
    const one = letter;
    fetch("/drafts", { method: "POST", headers: { Accept: "application/json", "HX-Request": "true" }, body, keepalive })
      .then(response => response.json()).then(answer => { if (answer.draft) adopt(one, answer); }, () => { one.dirty = true; });
  }

  /** Another takes this letter's place. A save under way would be waited for, and then it were gone: the last follows at once. */
  const keep = one => one.saving ? leave() : save();

  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
  addEventListener("pagehide", () => { leave(); bury(); });

  // ---- sending

  function refuse(text, name = "") {
    const line = Object.assign(document.createElement("p"), { className: "form-error", textContent: text });
    line.dataset.field = name;
    byId("compose-refused").replaceChildren(line);
    byId("compose-scroll").scrollTop = 0;
  }

  document.addEventListener("submit", event => {
    if (!letter || event.target !== letter.form) return;
    const button = event.submitter;
    if (button?.formAction && !button.formAction.endsWith("/submissions") && button.hasAttribute("formaction")) return;
    if (letter.uploads || letter.lost) {
      event.preventDefault();
      event.stopImmediatePropagation();
      letter.waiting = letter.lost ? null : button ?? byId("compose-send");
      if (letter.waiting) byId("compose-send").textContent = byId("compose-send").dataset.waiting;
      return;
    }
    clearTimeout(letter.timer);
    fields();
    letter.sending = true;
    letter.dirty = false;
    letter.form.setAttribute("aria-busy", "true");
  }, true);

  /** The server's answer left the letter where it is: something stands in the way. */
  function refused() {
    letter.sending = false;
    letter.form.removeAttribute("aria-busy");
    const said = letter.pane.querySelector("#compose-refused [data-field]");
    if (!said) return;
    letter.draft = Number(said.dataset.draft);
    field("key").value = said.dataset.key;
    field("revision").value = said.dataset.revision;
    letter.pane.querySelector("#compose-originals")?.remove();
    if (said.dataset.field === "unattached") {
      said.remove();
      field("unattached").value = "1"; // asked once: the next press on Send sends
      letter.asked = true;
      byId("compose-mentions").hidden = false;
      byId("compose-mentions").querySelector("[data-choose]").focus();
      return;
    }
    if (said.dataset.field === "at") letter.pane.querySelector(".later-menu").open = true;
    focusField(said.dataset.field);
  }

  // ---- closing, folding, discarding

  function close() {
    const one = letter;
    const back = one.pane.querySelector("#compose-close").getAttribute("href");
    if (one.dirty) keep(one);
    else if (one.draft && isBlank(one)) discardNow(one.draft);
    one.pane.replaceWith(place());
    letter = null;
    if (location.pathname === "/compose") history.replaceState({ htmx: true }, "", back);
    const again = opener?.isConnected ? opener : byId(opener?.id) ?? document.querySelector("#reading-pane.open .reading-scroll");
    (again ?? byId("list-title"))?.focus({ preventScroll: true });
  }

  function isBlank(one) {
    tell("compose:collect");
    const names = ["to", "cc", "bcc", "subject", "text", "html"];
    return names.every(name => !one.form.elements[name].value.trim()) && !one.pane.querySelector(".compose-file");
  }

  function fold(folded = !letter.pane.classList.contains("folded")) {
    letter.pane.classList.toggle("folded", folded);
    letter.pane.querySelector("[data-fold]").setAttribute("aria-expanded", String(!folded));
    if (!folded) byId("compose-text").focus({ preventScroll: true });
  }

  let buried = null; // a discarded letter, while it can be had back

  function discard() {
    const one = letter;
    clearTimeout(one.timer);
    bury();
    one.pane.replaceWith(place());
    letter = null;
    const toast = Object.assign(document.createElement("div"), { className: "toast" });
    toast.dataset.seconds = 10;
    const text = Object.assign(document.createElement("span"), { className: "toast-text", textContent: one.pane.dataset.discarded });
    const undo = Object.assign(document.createElement("button"), { type: "button", className: "toast-action", textContent: `${one.pane.dataset.undo} ` });
    undo.append(Object.assign(document.createElement("span"), { className: "toast-left", ariaHidden: "true" }));
    toast.append(text, undo);
    buried = { one, toast };
    undo.addEventListener("click", () => {
      buried = null;
      toast.remove();
      if (letter) return;
      letter = one;
      byId("compose-pane").replaceWith(one.pane);
      changed();
    });
    byId("toasts").append(toast);
    if (location.pathname === "/compose") history.replaceState({ htmx: true }, "", one.pane.querySelector("#compose-close").getAttribute("href"));
  }

  /** Now it is too late to have it back. */
  async function bury() {
    const one = buried?.one;
    buried = null;
    if (!one) return;
    one.lost = true;
    if (one.saving) await one.saving;
    if (one.draft) discardNow(one.draft);
  }

  function discardNow(draft) {
    fetch("/draft-deletions", { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams({ draft }), keepalive: true });
  }

  // ---- later

  function presets() {
    const at = byId("compose-at");
    const now = new Date(`${at.dataset.now}Z`); // the reader's own clock, counted as if it were UTC
    now.setTime(now.getTime() + Date.now() - letter.opened);
    const day = (days, hour) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days, hour));
    const times = { evening: day(0, 18), morning: day(1, 8), monday: day((8 - now.getUTCDay()) % 7 || 7, 8) };
    for (const button of letter.pane.querySelectorAll("[data-at]")) {
      const time = times[button.dataset.at];
      button.dataset.value = time.toISOString().slice(0, 16);
      button.hidden = time <= now;
      button.querySelector(".later-time").textContent = time.toISOString().slice(11, 16);
    }
  }

  // ---- formatting is loaded when somebody wants it

  let loading = null;

  function rich() {
    const one = letter;
    loading ??= one.pane.dataset.richScripts.split(" ").reduce((before, src) => before.then(() => new Promise((done, failed) => {
      document.head.append(Object.assign(document.createElement("script"), { src, onload: done, onerror: failed }));
    })), Promise.resolve());
    return loading.then(() => { if (one === letter) tell("compose:rich"); }, () => { loading = null; });
  }

  // ---- signatures follow the address

  function resign() {
    const [before, after] = [letter.from.dataset.signature, field("from").selectedOptions[0].dataset.signature];
    letter.from = field("from").selectedOptions[0];
    if (before === after) return;
    tell("compose:signature", { before, after });
    if (!byId("compose-rich").hidden) return;
    const text = byId("compose-text");
    const block = signature => signature ? `-- \n${signature}` : "";
    if (before && text.value.includes(block(before))) text.value = text.value.replace(block(before), () => block(after));
    else if (after) text.value = /^\s*$|^\n\n/.test(text.value) ? `\n\n${block(after)}\n${text.value.replace(/^\n+/, "\n\n")}` : `${text.value}\n\n${block(after)}\n`;
  }

  // ---- presses and keys

  const presses = {
    close, fold: () => fold(), discard, rich,
    choose: () => byId("compose-attach").click(),
    unattached() {
      field("unattached").value = "1";
      byId("compose-mentions").hidden = true;
      if (letter.asked) letter.form.requestSubmit(byId("compose-send"));
    },
  };

  document.addEventListener("click", event => {
    if (!letter?.pane.contains(event.target)) return;
    const button = event.target.closest("button, a, .compose-head");
    if (!button) return;
    if (button.matches(".compose-head")) {
      if (letter.pane.classList.contains("folded")) fold(false);
      return;
    }
    if (button.dataset.show) {
      const names = button.dataset.show === "both" ? ["cc", "bcc"] : [button.dataset.show];
      for (const name of names) showCopy(name, true);
      byId(`compose-${names[0]}`).focus();
    } else if (button.dataset.at) {
      byId("compose-at").value = button.dataset.value;
      letter.form.requestSubmit(byId("compose-later"));
    }
    const press = Object.keys(presses).find(name => name in button.dataset);
    if (!press) return;
    event.preventDefault();
    event.stopPropagation();
    presses[press]();
  });

  document.addEventListener("input", event => {
    if (!letter?.form.contains(event.target) || event.target.type === "file") return;
    byId("compose-refused").replaceChildren();
    changed();
  });
  document.addEventListener("change", event => {
    if (letter && event.target === field("from")) resign();
  });

  document.addEventListener("keydown", event => {
    if (event.isComposing || event.keyCode === 229 || !letter?.pane.contains(event.target)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      letter.form.requestSubmit(byId("compose-send"));
    } else if (event.key === "Enter" && event.target.matches("input:not([type=file], [type=checkbox])") && !event.defaultPrevented) {
      event.preventDefault(); // a letter is not sent by Enter in a line
      if (event.target.id === "compose-subject") (byId("compose-text").hidden ? byId("compose-rich") : byId("compose-text")).focus();
    } else if (event.key === "Escape" && !letter.pane.querySelector("details[open]") && !event.defaultPrevented) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });

  document.addEventListener("htmx:before:swap", event => {
    // another letter takes this one's place: keep it first
    if (letter && event.detail?.ctx?.target === letter.pane && !letter.sending && letter.dirty) keep(letter);
  });
  document.addEventListener("htmx:after:swap", event => {
    if (byId("compose-pane") !== letter?.pane) open();
    else if (event.detail?.ctx?.sourceElement === letter.form) refused();
    if (buried && !buried.toast.isConnected) bury();
  });
  for (const failure of ["htmx:response:error", "htmx:error"]) {
    document.addEventListener(failure, event => {
      if (event.detail?.ctx?.sourceElement !== letter?.form) return;
      letter.sending = false;
      letter.form.removeAttribute("aria-busy");
      letter.dirty = true;
      changed();
    });
  }
  new MutationObserver(() => { if (buried && !buried.toast.isConnected) bury(); })
    .observe(byId("toasts") ?? document.body, { childList: true });
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", open);
  else open();
})();

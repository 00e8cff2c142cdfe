// Address fields: who is written to stands as chips, who was written to before is offered while typing.
// The form's own field stays, hidden, and holds the same as text.
(() => {
  const WAIT_MS = 80;
  const SEPARATORS = /[,，、;；\n]/;
  const byId = id => document.getElementById(id);
  const list = () => byId("people-list");
  let timer = 0;
  let asking = null;
  let owner = null; // the input the list belongs to

  // ---- text and chips

  /** Parts an address field at its separators; those inside quotes or <> are not. */
  function parts(text) {
    const found = [];
    let part = "", quoted = false, angle = false;
    for (const letter of text) {
      if (letter === '"') quoted = !quoted;
      else if (!quoted && (letter === "<" || letter === "＜")) angle = true;
      else if (!quoted && (letter === ">" || letter === "＞")) angle = false;
      if (!quoted && !angle && SEPARATORS.test(letter)) {
        found.push(part);
        part = "";
      } else part += letter;
    }
    return [...found, part].map(each => each.trim());
  }

  function shown(text) {
    const match = /^\s*"?(.*?)"?\s*[<＜]([^<>＜＞]*)[>＞]?\s*$/.exec(text);
    return match ? { name: match[1].replace(/\\(.)/g, "$1").trim() || match[2].trim(), address: match[2].trim() } : { name: text, address: text };
  }

  const right = address => /^[^\s@＠]+[@＠][^\s@＠]+$/.test(address);

  function chip(text) {
    const { name, address } = shown(text);
    const button = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: name, title: address });
    button.dataset.text = text;
    if (name !== address) button.setAttribute("aria-label", `${name}, ${address}`);
    if (!right(address)) button.classList.add("wrong");
    return button;
  }

  const chips = box => [...box.querySelectorAll(".chip")];
  const inputOf = box => box.querySelector("[role=combobox]");

  function write(box) {
    const input = inputOf(box);
    const texts = [...chips(box).map(each => each.dataset.text), input.value.trim()].filter(Boolean);
    box.querySelector("input[type=hidden]").value = texts.join(", ");
  }

  function take(box, text) {
    for (const part of parts(text)) if (part) inputOf(box).before(chip(part));
    write(box);
  }

  function settle(box) {
    const input = inputOf(box);
    if (!input.value.trim()) return;
    const text = input.value;
    input.value = "";
    take(box, text);
    window.Compose.changed();
  }

  function dress(field) {
    const box = field.querySelector(".people-field");
    const plain = box.querySelector("input");
    const input = plain.cloneNode();
    input.removeAttribute("name");
    input.value = "";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", "people-list");
    plain.removeAttribute("id");
    plain.removeAttribute("aria-describedby");
    plain.type = "hidden";
    box.append(input);
    take(box, plain.value);
  }

  document.addEventListener("compose:open", event => {
    owner = null;
    event.target.querySelectorAll(".address-field").forEach(dress);
  });
  document.addEventListener("compose:collect", event => event.target.querySelectorAll(".people-field").forEach(write));

  // ---- the list

  function hide() {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
    if (owner) {
      owner.setAttribute("aria-expanded", "false");
      owner.removeAttribute("aria-activedescendant");
    }
    if (list()) list().hidden = true;
  }

  const options = () => [...list().querySelectorAll(".person")];
  const active = () => list() && !list().hidden && list().querySelector("[aria-selected=true]");

  function mark(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    owner.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function ask(input) {
    hide();
    owner = input;
    const text = input.value.trim();
    if (!text) return;
    timer = setTimeout(async () => {
      asking = new AbortController();
      try {
        const response = await fetch(`/people?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" }, signal: asking.signal });
        if (response.ok && document.activeElement === input) show(await response.text());
      } catch { /* overtaken, or no network: nothing is offered */ }
    }, WAIT_MS);
  }

  function show(html) {
    const taken = new Set([...document.querySelectorAll(".chip")].map(each => each.title.toLowerCase()));
    list().innerHTML = html;
    for (const each of options()) if (taken.has(shown(each.dataset.text).address.toLowerCase())) each.remove();
    if (!options().length) return hide();
    const pane = byId("compose-pane").getBoundingClientRect();
    const line = owner.closest(".compose-field").getBoundingClientRect();
    const box = owner.closest(".people-field").getBoundingClientRect();
    list().style.top = `${line.bottom - pane.top + 4}px`;
    list().style.left = `${Math.min(box.left, line.right - 320) - pane.left - 6}px`;
    list().hidden = false;
    owner.setAttribute("aria-expanded", "true");
    mark(options()[0]);
  }

  function pick(option) {
    const box = owner.closest(".people-field");
    owner.value = "";
    take(box, option.dataset.text);
    hide();
    owner.focus();
    window.Compose.changed();
  }

  function step(by) {
    const all = options();
    mark(all[(all.indexOf(active()) + by + all.length) % all.length]);
  }

  // ---- typing

  const isField = element => element?.matches?.(".people-field [role=combobox]");

  document.addEventListener("input", event => {
    if (!isField(event.target) || event.isComposing) return;
    const input = event.target;
    const found = parts(input.value);
    const ended = /\s$/.test(input.value) && right(input.value.trim());
    if (found.length > 1 || ended) {
      input.value = ended ? "" : found.pop();
      take(input.closest(".people-field"), (ended ? found : found).join("\n"));
    }
    ask(input);
  });
  document.addEventListener("compositionend", event => { if (isField(event.target)) ask(event.target); });

  document.addEventListener("keydown", event => {
    const input = event.target;
    if (event.isComposing || event.keyCode === 229) return;
    if (input.matches?.(".chip")) return onChip(event);
    if (!isField(input)) return;
    const choice = active();
    if (event.key === "ArrowDown" && choice) step(1);
    else if (event.key === "ArrowUp" && choice) step(-1);
    else if ((event.key === "Enter" || event.key === "Tab") && choice && !event.shiftKey && !event.ctrlKey && !event.metaKey) pick(choice);
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) settle(input.closest(".people-field"));
    else if (event.key === "Escape" && choice) hide();
    else if (event.key === "Backspace" && !input.value) return edit(chips(input.closest(".people-field")).at(-1), event);
    else if (event.key === "ArrowLeft" && !input.value) return chips(input.closest(".people-field")).at(-1)?.focus();
    else return;
    event.preventDefault();
  }, true);

  function onChip(event) {
    const { target } = event;
    if (event.key === "Delete" || event.key === "Backspace") {
      const box = target.closest(".people-field");
      (target.nextElementSibling ?? inputOf(box)).focus();
      target.remove();
      write(box);
      window.Compose.changed();
    } else if (event.key === "ArrowLeft") target.previousElementSibling?.focus?.();
    else if (event.key === "ArrowRight") target.nextElementSibling?.focus();
    else return;
    event.preventDefault();
  }

  /** A chip becomes text again, to be changed. */
  function edit(one, event) {
    if (!one) return;
    event?.preventDefault();
    const box = one.closest(".people-field");
    settle(box);
    const input = inputOf(box);
    input.value = one.dataset.text;
    one.remove();
    write(box);
    input.focus();
    window.Compose.changed();
  }

  document.addEventListener("click", event => {
    if (event.target.matches?.(".chip")) edit(event.target);
    else if (event.target.matches?.(".people-field")) inputOf(event.target).focus();
  });
  document.addEventListener("pointerdown", event => {
    const option = event.target.closest?.(".person");
    if (!option) return;
    event.preventDefault(); // the field keeps the focus
    pick(option);
  });
  document.addEventListener("focusout", event => {
    if (!isField(event.target)) return;
    hide();
    settle(event.target.closest(".people-field"));
  });
  document.addEventListener("paste", event => {
    const text = isField(event.target) && event.clipboardData.getData("text");
    if (!text || !/[\n@]/.test(text) || !SEPARATORS.test(text)) return;
    event.preventDefault();
    take(event.target.closest(".people-field"), event.target.value + text);
    event.target.value = "";
    window.Compose.changed();
  });
})();

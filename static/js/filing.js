// Filing by hand: ticks with shift-range and select-all, dragging to a folder, swiping, the dialog that asks.
// The buttons post by themselves (templates/partials/filing/bar.html); what stands here says which messages.
(() => {
  const byId = id => document.getElementById(id);
  const pane = () => byId("list-pane");
  const bar = () => byId("selection");
  const rows = () => [...document.querySelectorAll("#message-list li.row")];
  const pickOf = row => row.querySelector(".pick");
  const picked = () => rows().filter(row => pickOf(row).checked);
  const touch = matchMedia("(pointer: coarse)");
  let last = ""; // id of the row ticked last: where a range begins

  // ---- ticks

  const everything = () => bar() && !bar().elements.all.disabled;

  function setEverything(on) {
    const { all, newest } = bar().elements;
    all.disabled = !on;
    if (on) newest.value = rows()[0]?.dataset.id ?? newest.value;
  }

  function tick(row, on) {
    const pick = pickOf(row);
    if (pick.checked !== on) pick.checked = on;
  }

  function clear() {
    if (!bar()) return;
    setEverything(false);
    for (const row of picked()) tick(row, false);
    selecting(false);
    show();
  }

  function selecting(on) {
    pane().classList.toggle("selecting", on);
    pane().querySelector(".select-button").setAttribute("aria-pressed", String(on));
  }

  /** Bring the bar up to date with the ticks. */
  function show() {
    if (!bar()) return;
    const all = rows();
    if (everything()) for (const row of all) tick(row, true);
    const number = picked().length;
    const whole = number > 0 && number === all.length;
    const box = bar().querySelector(".pick-all .tick");
    box.checked = whole;
    box.indeterminate = number > 0 && !whole;
    const count = bar().querySelector(".selection-count");
    const text = everything() ? count.dataset.all : count.dataset.text.replace("{number}", number);
    if (count.textContent !== text) count.textContent = text;
    const offer = pane().querySelector(".selection-all");
    offer.hidden = !whole || everything() || !byId("older");
    if (!number) bar().querySelector("details").open = false;
  }

  function range(row) {
    const all = rows();
    const [from, to] = [all.findIndex(each => each.dataset.id === last), all.indexOf(row)];
    if (from < 0) return;
    for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) tick(each, pickOf(row).checked);
  }

  document.addEventListener("click", event => {
    const pick = event.target.closest?.(".pick");
    if (pick) {
      const row = pick.closest("li.row");
      if (!pick.checked && everything()) setEverything(false);
      if (event.shiftKey) range(row);
      last = row.dataset.id;
      show();
      return;
    }
    if (event.target.closest?.(".pick-all .tick")) {
      const on = event.target.checked;
      setEverything(false);
      for (const row of rows()) tick(row, on);
      if (!on) selecting(false);
      show();
    } else if (event.target.closest?.("[data-select-all]")) {
      setEverything(true);
      show();
    } else if (event.target.closest?.(".select-button")) {
      selecting(true);
      show();
    } else if (event.target.closest?.(".unselect")) clear();
    else if (event.target.closest?.("[data-close]") && byId("filing")?.open) {
      event.preventDefault();
      close();
    }
  });

  // On the phone a row is ticked anywhere while selecting; with the mouse, shift and ctrl do so.
  document.addEventListener("click", event => {
    const row = event.target.closest?.("#message-list .row-link")?.closest("li.row");
    if (!row) return;
    const onTouch = touch.matches && (pane().classList.contains("selecting") || picked().length);
    if (!onTouch && !event.ctrlKey && !event.metaKey && !(event.shiftKey && last)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const pick = pickOf(row);
    if (event.shiftKey) {
      pick.checked = true;
      range(row);
    } else pick.click();
    last = row.dataset.id;
    show();
  }, true);

  document.addEventListener("keydown", event => {
    if (event.isComposing || event.defaultPrevented) return;
    if (event.key === "Escape" && picked().length && !document.querySelector("dialog[open], details.menu[open]")) {
      event.stopImmediatePropagation();
      clear();
    }
  }, true);

  // Rows come and go with the stream, and more of them with paging.
  new MutationObserver(changes => {
    if (changes.some(({ target, addedNodes }) => target.id === "message-list" || [...addedNodes].some(each => each.id === "list-pane"))) show();
  }).observe(document.body, { childList: true, subtree: true });

  document.addEventListener("htmx:after:request", event => {
    const { ctx } = event.detail;
    const done = ctx.response?.status < 400 && ctx.request?.method !== "GET" && !ctx.request?.action.endsWith("/choices");
    if (!done) return;
    if (ctx.sourceElement?.closest?.("#selection, #filing") && !ctx.text?.includes('id="filing-title"')) clear();
  });

  // ---- the dialog

  const dialog = () => byId("filing");

  function close() {
    dialog().close();
    dialog().replaceChildren();
  }

  function ask() {
    const asks = dialog().childElementCount > 0;
    if (asks && !dialog().open) {
      for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
      dialog().showModal();
    } else if (!asks && dialog().open) dialog().close();
  }

  if (dialog()) {
    new MutationObserver(ask).observe(dialog(), { childList: true });
    dialog().addEventListener("close", () => dialog().replaceChildren());
    ask();
  }

  // ---- posting what was dragged or swiped

  function post(path, values, ids) {
    const view = pane().dataset.view;
    const chosen = ids.length === 1 && !everything();
    if (chosen) {
      htmx.ajax("POST", path, { source: "#background", target: "#background", swap: "none", values: { view, message: ids[0], ...values } });
    } else htmx.ajax("POST", path, { source: "#selection", target: "#background", swap: "none", values });
  }

  // ---- dragging to a folder or label of the side bar

  let dragged = [];
  const placeOf = event => dragged.length && event.target.closest?.("#folder-lists .folder[data-drop]");

  document.addEventListener("dragstart", event => {
    const row = event.target.closest?.("#message-list li.row");
    if (!row) return;
    dragged = pickOf(row).checked ? picked().map(each => each.dataset.id) : [row.dataset.id];
    const ghost = Object.assign(document.createElement("div"), { className: "drag-ghost" });
    ghost.textContent = dragged.length === 1 ? row.querySelector(".subject").textContent.slice(0, 40)
      : bar().querySelector(".selection-count").textContent;
    document.body.append(ghost);
    event.dataTransfer.setData("text/plain", dragged.join(" "));
    event.dataTransfer.effectAllowed = "copyMove";
    event.dataTransfer.setDragImage(ghost, -8, -8);
    setTimeout(() => ghost.remove());
    document.body.classList.add("dragging");
  });

  function mark(place) {
    for (const each of document.querySelectorAll(".drop-here")) if (each !== place) each.classList.remove("drop-here");
    place?.classList.add("drop-here");
  }

  document.addEventListener("dragover", event => {
    const place = placeOf(event);
    mark(place || null);
    if (!place) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = place.dataset.drop === "move" ? "move" : "copy";
  });

  document.addEventListener("drop", event => {
    const place = placeOf(event);
    if (!place) return;
    event.preventDefault();
    const { drop, key } = place.dataset;
    if (drop === "move" && place.getAttribute("href") !== pane().dataset.view) post("/moves", { to: key }, dragged);
    else if (drop === "label") post("/labelings", { add: key.slice("label-".length) }, dragged);
    else if (drop === "star") post("/flags", { flagged: "1" }, dragged);
  });

  document.addEventListener("dragend", () => {
    dragged = [];
    mark(null);
    document.body.classList.remove("dragging");
  });

  // ---- swiping on the phone: what the bar's first buttons do, to one row

  const SLACK = 12; // px before a finger has a direction
  const ENOUGH = 0.3; // of the row's width
  let swipe = null;

  const buttonFor = way => bar()?.querySelector(`[data-swipe="${way}"]`);

  function ground(row, way) {
    const button = buttonFor(way);
    if (row.querySelector(`.swipe-ground.${way}`)) return;
    row.querySelector(".swipe-ground")?.remove();
    const element = Object.assign(document.createElement("div"), { className: `swipe-ground ${way}` });
    element.setAttribute("aria-hidden", "true");
    element.append(...[...button.childNodes].map(each => each.cloneNode(true)));
    row.prepend(element);
  }

  function settle({ row }) {
    row.classList.add("settling");
    row.querySelector(".row-link").style.translate = "";
    setTimeout(() => {
      row.classList.remove("settling", "swiping");
      row.querySelector(".swipe-ground")?.remove();
    }, 160);
  }

  document.addEventListener("pointerdown", event => {
    const row = event.pointerType === "touch" && event.isPrimary && event.target.closest?.("#message-list li.row");
    swipe = row && !pane().classList.contains("selecting") && !picked().length
      ? { row, id: event.pointerId, x: event.clientX, y: event.clientY, by: 0, going: false } : null;
  });

  document.addEventListener("pointermove", event => {
    if (!swipe || event.pointerId !== swipe.id) return;
    const [x, y] = [event.clientX - swipe.x, event.clientY - swipe.y];
    if (!swipe.going) {
      if (Math.abs(y) > SLACK) swipe = null;
      if (!swipe || Math.abs(x) < SLACK || Math.abs(x) < Math.abs(y) * 1.5) return;
      swipe.going = true;
      swipe.row.classList.add("swiping");
    }
    const way = x > 0 ? "right" : "left";
    if (!buttonFor(way)) {
      swipe.by = 0;
      swipe.row.querySelector(".row-link").style.translate = "";
      return;
    }
    ground(swipe.row, way);
    swipe.by = x - Math.sign(x) * SLACK;
    swipe.row.querySelector(".row-link").style.translate = `${swipe.by}px`;
    const ready = Math.abs(swipe.by) > swipe.row.clientWidth * ENOUGH;
    swipe.row.querySelector(".swipe-ground").classList.toggle("ready", ready);
  });

  document.addEventListener("pointerup", event => {
    if (!swipe || event.pointerId !== swipe.id) return;
    const { row, by, going } = swipe;
    const over = swipe;
    swipe = null;
    if (!going) return;
    // the finger also presses the row it lets go of
    const swallow = press => {
      if (!row.contains(press.target)) return;
      press.preventDefault();
      press.stopImmediatePropagation();
    };
    addEventListener("click", swallow, true);
    setTimeout(() => removeEventListener("click", swallow, true), 50);
    if (Math.abs(by) <= row.clientWidth * ENOUGH) {
      settle(over);
      return;
    }
    const button = buttonFor(by > 0 ? "right" : "left");
    row.classList.add("settling");
    row.querySelector(".row-link").style.translate = `${Math.sign(by) * 100}%`;
    post(button.getAttribute("formaction"), button.name ? { [button.name]: button.value } : {}, [row.dataset.id]);
    setTimeout(() => row.isConnected && settle(over), 2000); // refused, or it stays in this list
  });

  document.addEventListener("pointercancel", () => {
    if (swipe?.going) settle(swipe);
    swipe = null;
  });

  show();
})();

// Codes: copied by one press, counting down, in the title until seen; the wall, the chime, notifications.
(() => {
  "use strict";
  const byId = id => document.getElementById(id);
  const words = byId("code-words").dataset;
  const SAID_MS = 3000;
  const said = new Map(); // message id -> until when "copied" is said
  const now = () => Date.now();

  // ---- copying

  async function copy(source) {
    const { code, id } = source.dataset;
    try {
      await navigator.clipboard.writeText(code);
    } catch {
      // Without https there is no clipboard: mark the text, so that one key copies it.
      const text = source.querySelector(".code-text") ?? source.closest(".code-main")?.querySelector(".code-text");
      if (text) getSelection().selectAllChildren(text);
      return;
    }
    said.set(id, now() + SAID_MS);
    seen();
    draw();
    htmx.ajax("POST", `/codes/${id}/uses?copied=1`, { source: "#background", target: "#background", swap: "none", values: { used: "1" } });
    setTimeout(() => { said.delete(id); draw(); }, SAID_MS);
  }

  function press(event, source) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    copy(source);
  }

  const SOURCES = "a[data-code]:not([data-code=''])";
  document.addEventListener("click", event => {
    const source = event.target.closest?.(SOURCES);
    if (source) press(event, source);
  }, true);
  document.addEventListener("keydown", event => {
    const source = event.key === " " && event.target.matches?.(SOURCES) && event.target;
    if (source) press(event, source);
  }, true);

  /** What "c" copies: of the focused row, the open message, the top of the list or of the wall; none: "c" writes. */
  function nearest() {
    const live = `${SOURCES}[data-state=live]`;
    const pane = byId("reading-pane");
    return [document.activeElement?.closest?.("li.row, li.wall-card"), pane?.dataset.id && pane, byId("code-strip"), byId("codes-now")]
      .filter(Boolean).map(place => place.querySelector(live)).find(Boolean);
  }

  document.addEventListener("keydown", event => {
    if (event.key !== "c" || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable], dialog[open], :popover-open")) return;
    if (document.querySelector("dialog[open], details.menu[open], :popover-open")) return;
    const source = nearest();
    if (!source) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    copy(source);
  }, true);

  // ---- what changes by itself: ages, countdowns, what was said

  const text = (element, value) => { if (element && element.textContent !== value) element.textContent = value; };
  const two = number => String(number).padStart(2, "0");

  function age(element) {
    const seconds = Math.max(Math.floor((now() - element.dataset.at) / 1000), 0);
    if (seconds >= 86400) return;
    const [size, words_] = seconds >= 3600 ? [3600, words.hours] : seconds >= 60 ? [60, words.minutes] : [1, words.seconds];
    text(element, words_.replace("{number}", Math.floor(seconds / size)));
  }

  function left(element) {
    const seconds = Math.max(Math.floor((element.dataset.until - now()) / 1000), 0);
    const minutes = Math.floor(seconds / 60);
    const clock = minutes >= 60 ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
    text(element, words.left.replace("{time}", clock));
    const life = element.closest(".code-strip, .code-card, .wall-card")?.querySelector(".life");
    if (life) life.value = Math.min(seconds, life.max);
    if (seconds) return;
    delete element.dataset.until;
    text(element, words.over);
    life?.remove();
  }

  function lapse(element) {
    if (element.dataset.state !== "live" || element.dataset.lapses > now()) return;
    element.dataset.state = element.querySelector(".code-left") ? "over" : "old";
    if (element.matches(".code-strip")) element.remove();
    if (element.matches(".wall-card")) settle(element);
  }

  function say(element) {
    const on = said.has(element.dataset.id);
    if (element.matches(".code-chip")) {
      if (on) element.dataset.said = words.copied;
      else delete element.dataset.said;
      return;
    }
    element.closest(".wall-card, .code-card")?.classList.toggle("said", on);
    const word = element.querySelector(".code-word");
    text(word, on ? words.copied : words.copy);
    if (word && element.matches(".wall-code")) word.hidden = !on;
    element.querySelector(".code-copy use, use")?.setAttribute("href", on ? "#i-check" : "#i-copy");
  }

  function draw() {
    for (const each of document.querySelectorAll(".code-age[data-at]")) age(each);
    for (const each of document.querySelectorAll(".code-left[data-until]")) left(each);
    for (const each of document.querySelectorAll("[data-lapses]")) lapse(each);
    for (const each of document.querySelectorAll(SOURCES)) say(each);
    const open = byId("reading-pane")?.dataset.id;
    for (const each of document.querySelectorAll(".code-strip")) each.classList.toggle("own", each.dataset.id === open);
  }

  // The strip closes once it has said that its code was copied, not before.
  let strip = null;
  function keepStrip() {
    const place = byId("code-strip");
    if (!place) return;
    const there = place.firstElementChild;
    if (there) strip = there;
    else if (strip && said.has(strip.dataset.id)) {
      const kept = strip;
      place.append(kept);
      setTimeout(() => { if (kept.parentElement === byId("code-strip")) kept.remove(); }, said.get(kept.dataset.id) - now());
    } else strip = null;
  }

  document.addEventListener("htmx:after:swap", () => { keepStrip(); draw(); });
  document.addEventListener("panes:closed", draw);
  setInterval(draw, 1000);

  // ---- the wall: where js/later.js puts the cards the stream brings

  byId("code-words").settle = settle;

  /** Put a card where it belongs: current ones on top, newest first, others below. */
  function settle(card) {
    const there = byId(card.id);
    const over = card.dataset.state !== "live" && !said.has(card.dataset.id);
    const lists = document.querySelectorAll("#code-wall .wall.over");
    const id = Number(card.dataset.id);
    const older = list => [...list.children].find(each => each !== there && each !== card && Number(each.dataset.id) < id);
    const list = over ? [...lists].find(older) ?? lists[lists.length - 1] : byId("codes-now");
    if (!list) return card;
    const fresh = !there && !over;
    if (there && there !== card) there.remove();
    list.insertBefore(card, older(list) ?? null);
    if (fresh) {
      card.classList.add("arriving");
      card.addEventListener("animationend", () => card.classList.remove("arriving"), { once: true });
      if (expecting()) byId("code-wall").scrollTo({ top: 0 });
    }
    if (card.dataset.state !== "live" && !over) {
      setTimeout(() => card.isConnected && settle(card), said.get(card.dataset.id) - now() + 50);
    }
    return card;
  }

  // ---- news: one that came just now

  const EXPECTING = "expecting-until";
  const MINUTES = 10;
  let sound = null;
  let awake = null;

  function expecting() {
    try { return Number(sessionStorage.getItem(EXPECTING)) > now(); } catch { return false; }
  }

  function expect(on) {
    try { sessionStorage.setItem(EXPECTING, on ? now() + MINUTES * 60_000 : 0); } catch { /* private windows keep nothing */ }
    if (on) {
      sound ??= new AudioContext();
      sound.resume().catch(() => {});
      navigator.wakeLock?.request("screen").then(lock => { awake = lock; }).catch(() => {});
    } else {
      awake?.release().catch(() => {});
      awake = null;
    }
    drawExpecting();
  }

  function drawExpecting() {
    const button = byId("expecting");
    if (!button) return;
    const on = expecting();
    button.dataset.off ??= button.querySelector(".word").textContent;
    button.setAttribute("aria-pressed", String(on));
    text(button.querySelector(".word"), on ? button.dataset.on : button.dataset.off);
    if (!on && awake) expect(false);
  }

  /** Two notes, made here. */
  function chime() {
    if (sound?.state !== "running") return;
    for (const [at, pitch] of [[0, 880], [0.14, 1318.5]]) {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      const start = sound.currentTime + at;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.25, start + 0.01);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
      tone.connect(volume).connect(sound.destination);
      tone.start(start);
      tone.stop(start + 0.55);
    }
    navigator.vibrate?.(200);
  }

  document.addEventListener("click", event => {
    if (event.target.closest?.("#expecting")) expect(!expecting());
    else if (expecting() && !sound) expect(true); // the page was loaded anew: a press lets it sound again
  });

  const LOOKED_MS = 1500;
  const looked = () => setTimeout(() => { if (!document.hidden && document.hasFocus()) seen(); }, LOOKED_MS);

  let told = "";
  function news() {
    const one = byId("code-news")?.firstElementChild;
    if (!one || one.dataset.id === told) return;
    told = one.dataset.id;
    looked();
    if (expecting()) {
      chime();
      byId("list-scroll")?.scrollTo({ top: 0 });
    }
  }

  /** The title says the code until somebody looks (js/unread.js writes it). */
  function seen() {
    const place = byId("code-news");
    if (!place?.firstElementChild) return;
    place.replaceChildren();
    document.dispatchEvent(new CustomEvent("codes:seen"));
  }
  document.addEventListener("visibilitychange", looked);
  addEventListener("focus", looked);
  document.addEventListener("pointerdown", seen);

  document.addEventListener("htmx:after:swap", () => { news(); drawExpecting(); });
  setInterval(drawExpecting, 1000);
  news();

  // The desktop's notification offers to copy; only a page may write to the clipboard, so the worker asks one.
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (!data?.copy) return;
    const attempt = () => navigator.clipboard.writeText(data.copy).then(() => {
      said.set(data.id, now() + SAID_MS);
      htmx.ajax("POST", `/codes/${data.id}/uses?copied=1`, { source: "#background", target: "#background", swap: "none", values: { used: "1" } });
      draw();
      setTimeout(() => { said.delete(data.id); draw(); }, SAID_MS);
    });
    attempt().catch(() => addEventListener("focus", () => attempt().catch(() => {}), { once: true }));
  });

  keepStrip();
  draw();
  drawExpecting();
  document.documentElement.dataset.codes = "ready";
})();

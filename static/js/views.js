// An open view link: what it covers shows up by itself, ages count on, and when the link ends the page says so.
(() => {
  const AGAIN_MS = 4000;
  const WORRY_MS = 3000;
  const list = document.getElementById("view-items");
  if (!list) return;
  const words = list.dataset;
  const lost = document.getElementById("view-lost");
  let worry = 0;

  function calm() {
    clearTimeout(worry);
    worry = 0;
    lost.hidden = true;
  }

  function fear() {
    if (!worry) worry = setTimeout(() => { lost.hidden = false; }, WORRY_MS);
  }

  // What stays as it was keeps its element, and with it focus and selection.
  function merge(html) {
    const made = document.createElement("template");
    made.innerHTML = html;
    const known = new Map([...list.children].map(each => [each.id, each]));
    const fresh = [];
    [...made.content.children].forEach((each, index) => {
      const old = known.get(each.id);
      known.delete(each.id);
      const same = old && old.dataset.state === each.dataset.state && old.dataset.value === each.dataset.value;
      if (old && !same) old.replaceWith(each);
      if (!old) {
        each.classList.add("arriving");
        fresh.push(each);
      }
      const stands = same ? old : each;
      if (list.children[index] !== stands) list.insertBefore(stands, list.children[index] ?? null);
    });
    for (const left of known.values()) left.remove();
    if (!list.children.length) list.textContent = "";
    if (fresh.length) announce(fresh[0]);
    age();
  }

  function announce(item) {
    const code = item.dataset.value;
    const text = code ? `${words.newCode} ${code}` : `${words.newMessage} ${item.querySelector(".view-subject, .code-from")?.textContent ?? ""}`;
    document.getElementById("view-news").textContent = text;
  }

  function ago(seconds) {
    if (seconds < 60) return words.seconds.replace("{number}", seconds);
    if (seconds < 3600) return words.minutes.replace("{number}", Math.floor(seconds / 60));
    return words.hours.replace("{number}", Math.floor(seconds / 3600));
  }

  function clock(seconds) {
    const two = number => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  }

  function age() {
    const now = Date.now();
    for (const each of document.querySelectorAll("[data-at]")) {
      const seconds = Math.max(Math.floor((now - each.dataset.at) / 1000), 0);
      if (seconds < 86400) each.textContent = ago(seconds);
    }
    for (const each of document.querySelectorAll("[data-until]")) {
      const left = Math.ceil((each.dataset.until - now) / 1000);
      const card = each.closest(".view-card");
      if (left > 0) {
        each.textContent = words.left.replace("{time}", clock(left));
        const life = card.querySelector(".life");
        if (life) life.value = left;
      } else {
        each.textContent = words.over;
        each.removeAttribute("data-until");
        card.querySelector(".life")?.remove();
        card.dataset.state = "over";
      }
    }
  }

  // A stream that was refused is not tried again by the browser: the link may have ended, or the server be busy.
  async function lookAgain() {
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
      if (answer.status === 404) location.reload();
      else connect();
    } catch {
      setTimeout(lookAgain, AGAIN_MS);
    }
  }

  function connect() {
    const source = new EventSource(words.events);
    source.addEventListener("items", event => { calm(); merge(event.data); });
    source.addEventListener("ping", () => { calm(); list.dataset.live = ""; });
    source.addEventListener("gone", () => { source.close(); location.reload(); });
    source.addEventListener("error", () => {
      fear();
      if (source.readyState === EventSource.CLOSED) setTimeout(lookAgain, AGAIN_MS);
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
  age();
  setInterval(age, 1000);
  connect();
})();

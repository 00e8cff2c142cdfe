// Lets times grow old on an open page: "just now" becomes a clock, "today" becomes "yesterday" at midnight.
(() => {
  const EVERY_MS = 20000;
  const JUST_NOW_MS = 60000;
  const localDay = at => `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;
  let today = localDay(new Date());

  function ageRows(list) {
    for (const time of list.querySelectorAll("time")) {
      if (time.textContent !== list.dataset.justNow) continue;
      // datetime carries the reader's own offset: its clock is the one to show.
      if (Date.now() - Date.parse(time.dateTime) >= JUST_NOW_MS) time.textContent = time.dateTime.slice(11, 16);
    }
  }

  function ageDays(list) {
    const now = new Date();
    if (localDay(now) === today) return;
    today = localDay(now);
    const yesterday = localDay(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1));
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { month: "long", day: "numeric" });
    for (const day of list.querySelectorAll("li.day")) {
      const key = day.id.slice("day-".length);
      if (!/^\d/.test(key)) continue;
      const label = key === today ? list.dataset.today
        : key === yesterday ? list.dataset.yesterday : format.format(new Date(`${key}T12:00`));
      day.firstElementChild.textContent = label;
    }
  }

  function age() {
    const list = document.getElementById("message-list");
    if (!list) return;
    ageRows(list);
    ageDays(list);
  }

  setInterval(age, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) age(); });
})();

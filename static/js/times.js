// Lets times grow old on an open page: "just now" becomes a clock, "today" becomes "yesterday" at midnight.
(() => {
  const EVERY_MS = 20000;
  const JUST_NOW_MS = 60000;
  const DAY_MS = 86400000;
  let today = todayOf(document.getElementById("message-list"));

  /** The day it is for the reader, whose zone need not be the browser's: the list's times carry its offset. */
  function todayOf(list, shift = 0) {
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(list?.querySelector("time")?.dateTime ?? "") ?? [];
    const offset = sign ? Number(`${sign}1`) * (hours * 60 + Number(minutes)) : -new Date().getTimezoneOffset();
    return new Date(Date.now() + offset * 60000 + shift).toISOString().slice(0, 10);
  }

  function ageRows(list) {
    for (const time of list.querySelectorAll("time")) {
      if (time.textContent !== list.dataset.justNow) continue;
      // datetime carries the reader's own offset: its clock is the one to show.
      if (Date.now() - Date.parse(time.dateTime) >= JUST_NOW_MS) time.textContent = time.dateTime.slice(11, 16);
    }
  }

  function ageDays(list) {
    if (todayOf(list) === today) return;
    today = todayOf(list);
    const yesterday = todayOf(list, -DAY_MS);
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric" });
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

// The live list: puts pushed rows where they belong and keeps the stream (hx-sse) alive.
// hx-sse swaps unnamed events in and turns named ones into DOM events on #live; what it lacks stands here: a first
// connect that fails, silence, a machine that slept, and tabs that would starve each other.
(() => {
    "use strict";
    const SILENCE = 45_000; // the server speaks at least every 20 s
    const PATIENCE = 3_000; // without a stream this long, the page says so
    const TICK = 1_000;
    const REST_AFTER = 120_000; // hidden this long, a tab gives its connection to others where those are scarce
    const TABS_SERVED = 4; // of the six connections a browser opens to a host without HTTP/2

    htmx.config.sse = { pauseOnBackground: false, reconnectDelay: 400, reconnectMaxDelay: 8_000, connectTimeout: 10_000 };

    // ---- rows and messages: the swap styles "rows" and "ceased" of partials/live/changed.html, "items" of joined.html

    let morph;
    const idOf = (row) => Number(row.dataset.id);
    const heading = (list, day) => list.querySelector(`:scope > #day-${CSS.escape(day)}`);

    htmx.registerExtension("rows", {
        init: (api) => { morph = api.morph; },
        handle_swap: (style, list, fragment) => {
            const found = [...fragment.children];
            if (style === "ceased") return cease(found);
            return style === "rows" ? place(list, found) : style === "items" && add(list, found);
        },
    });

    /** Put rows into a list by descending id, each under its day, none twice; return what htmx has to process. */
    function place(list, items) {
        const hold = steady(list);
        const headings = new Map(items.filter((item) => item.matches(".day")).map((item) => [item.id.slice(4), item]));
        const placed = [];
        for (const item of items.filter((each) => each.matches(".row"))) {
            const replaced = outdated(list, item);
            const there = document.getElementById(item.id);
            if (there && there.parentElement === list && there.dataset.day === item.dataset.day) {
                renew(there, item);
                placed.push(there);
            } else if (insert(list, item, headings.get(item.dataset.day))) {
                there?.remove();
                placed.push(item);
            }
            if (replaced) document.getElementById(`open-${idOf(item)}`)?.focus({ preventScroll: true });
        }
        tidy(list);
        hold();
        return placed;
    }

    /** Take out the rows a conversation had before; returns whether one held the focus. An open one goes on open. */
    function outdated(list, row) {
        const { thread, id } = row.dataset;
        if (!thread) return false;
        const pane = document.getElementById("reading-pane");
        if (pane?.dataset.thread === thread) pane.dataset.id = id;
        const old = [...list.querySelectorAll(`:scope > [data-thread="${thread}"], :scope > #message-${thread}`)]
            .filter((each) => each.id !== row.id);
        const focused = old.some((each) => each.contains(document.activeElement));
        for (const each of old) each.remove();
        return focused;
    }

    /** Take out rows that a search finds no more; the open one stays until another is opened (panes.js). */
    function cease(items) {
        const kept = [];
        for (const item of items) {
            const there = document.getElementById(item.id);
            if (!there?.querySelector("[aria-current]")) {
                there?.remove();
                continue;
            }
            renew(there, item);
            there.dataset.ceased = "";
            kept.push(there);
        }
        return kept;
    }

    /** Put messages into an open conversation by id, none twice. */
    function add(list, items) {
        return items.filter((item) => {
            if (document.getElementById(item.id)) return false;
            list.insertBefore(item, [...list.children].find((each) => idOf(each) > idOf(item)) ?? null);
            return true;
        });
    }

    /** Change a row in place: focus, selection and the mark of the open message stay. */
    function renew(there, item) {
        const open = there.querySelector("[aria-current]") && item.querySelector(".row-link");
        open?.setAttribute("aria-current", "true");
        const fragment = document.createDocumentFragment();
        fragment.append(item);
        morph(there, fragment, false);
    }

    /** Insert a row that was not there. Rows older than what is loaded come with paging: returns false. */
    function insert(list, row, head) {
        const rows = [...list.querySelectorAll(":scope > .row")].filter((each) => each.id !== row.id);
        const below = rows.find((each) => idOf(each) < idOf(row));
        const more = list.querySelector(":scope > .more");
        if (!below && more) return false;
        if (String(idOf(row)) === document.getElementById("reading-pane")?.dataset.id) {
            row.querySelector(".row-link")?.setAttribute("aria-current", "true");
        }
        const day = row.dataset.day;
        let top = heading(list, day);
        if (!top && head) {
            // a heading stands above the newest row of a later group, else at the end
            const next = below && (heading(list, below.dataset.day) ?? below);
            list.insertBefore(head, next ?? more);
            top = head;
        }
        if (below && below.dataset.day === day) list.insertBefore(row, below);
        else list.insertBefore(row, endOf(top) ?? more);
        return true;
    }

    /** What follows the rows of a day: the next heading, the trigger for more, or nothing. */
    function endOf(head) {
        let at = head?.nextElementSibling ?? null;
        while (at?.matches(".row")) at = at.nextElementSibling;
        return at;
    }

    /** Take away headings without rows. */
    function tidy(list) {
        for (const head of list.querySelectorAll(":scope > .day")) {
            if (!head.nextElementSibling?.matches(".row")) head.remove();
        }
    }

    /** Keep what is being read where it is: call before a change, and what it returns after. */
    function steady(list) {
        const scroller = list.closest("#list-scroll");
        if (!scroller || scroller.scrollTop <= 0) return () => {};
        const edge = scroller.getBoundingClientRect().top;
        const anchor = [...list.querySelectorAll(":scope > .row")].find((row) => row.getBoundingClientRect().bottom > edge);
        const before = anchor?.getBoundingClientRect().top;
        return () => {
            if (anchor?.isConnected) scroller.scrollTop += anchor.getBoundingClientRect().top - before;
        };
    }

    document.addEventListener("htmx:after:swap", () => {
        const list = document.getElementById("message-list");
        if (list) tidy(list);
    });

    // ---- the stream

    const selector = "[hx-sse\\:connect]";
    const live = () => document.querySelector(selector);
    let connection = null; // hx-sse's own record of it
    let connected = false;
    let heard = Date.now();
    let lost = Date.now();
    let tries = 0;
    let due = 0;
    let resting = false;
    let stale = false;
    const asking = new WeakSet(); // elements whose connect is under way: a second one would open a second stream

    const isOurs = (event) => event.target instanceof Element && event.target.matches(selector);
    const on = (name, act) => document.addEventListener(name, (event) => isOurs(event) && act(event));

    on("htmx:before:request", (event) => asking.add(event.target));
    on("htmx:finally:request", (event) => asking.delete(event.target));
    on("htmx:sse:before:connection", (event) => {
        if (resting) event.preventDefault();
        connection = event.detail.connection;
    });
    on("htmx:sse:after:connection", (event) => {
        connection = event.detail.connection;
        heard = Date.now();
        tries = 0;
        show(true);
    });
    on("htmx:sse:before:message", (event) => {
        heard = Date.now();
        show(true);
        const { id } = event.detail.message;
        if (id) event.target.dataset.seq = id;
    });
    on("htmx:sse:after:message", share);
    on("htmx:sse:error", (event) => {
        show(false);
        if (event.detail.status === 401) location.reload();
    });
    on("htmx:sse:close", () => { connection = null; show(false); });
    on("reset", reload);
    on("display", () => {
        stale = true;
        if (!renewed()) reload();
    });
    on("signed-out", () => location.reload());

    /** Load the list anew: too much happened to catch up. The new pane brings its own stream. */
    function reload() {
        const view = document.getElementById("list-pane")?.dataset.view;
        if (!view) return;
        const open = document.getElementById("reading-pane")?.dataset.id;
        const headers = { "X-Reload": "1", ...(open && { "X-Open-Message": open }) };
        htmx.ajax("GET", view, { target: "#list-pane", swap: "outerHTML", push: "false", headers });
    }

    /** First connect, or one after hx-sse gave up; it goes on from the last event seen. */
    function connect(element) {
        if (asking.has(element) || element.classList.contains(htmx.config.requestClass) || Date.now() < due) return;
        const wait = Math.min(500 * 2 ** tries, 8_000);
        due = Date.now() + wait + Math.random() * 300;
        tries += 1;
        const seq = element.dataset.seq;
        htmx.ajax("GET", element.getAttribute("hx-sse:connect"), {
            source: element,
            timeout: htmx.config.sse.connectTimeout,
            swap: "none",
            headers: seq ? { "Last-Event-ID": seq } : {},
        });
    }

    /** Make hx-sse reconnect now: end its wait, or end the stream that went silent. */
    function hurry() {
        const element = live();
        if (!element || resting) return;
        heard = Date.now();
        if (!element._htmx?.sse) {
            connect(element);
        } else if (connection?.delayCanceller) connection.delayCanceller();
        else connection?.reader?.cancel();
    }

    /** Follow a change of state; the line about it appears only when it lasts. */
    function show(now) {
        if (connected && !now) lost = Date.now();
        connected = now;
        draw();
    }

    /** Language, theme and the like were chosen anew elsewhere: the whole page follows, once nothing here would be lost. */
    function renewed() {
        const busy = document.querySelector(".compose, #toasts > *, dialog[open], .pick:checked")
            || document.activeElement?.matches("input:not([type=checkbox]), textarea, select");
        if (!stale || busy) return false;
        location.reload();
        return true;
    }

    function draw() {
        const line = document.getElementById("reconnecting");
        if (!line) return;
        line.hidden = connected || resting || Date.now() - lost <= PATIENCE;
    }

    function tick() {
        const element = live();
        draw();
        renewed();
        if (!element || resting) return;
        if (!element._htmx?.sse) {
            if (connected) show(false);
            connect(element);
        } else if (connected && Date.now() - heard > SILENCE) {
            show(false);
            hurry();
        }
    }

    /** A stream that began before this script was there: what it brought went nowhere, so it starts again. */
    function adoptStream(element) {
        connection = element._htmx.sse;
        Object.assign(connection.config, htmx.config.sse);
        heard = Date.now();
        const since = new URL(connection.url, location).searchParams.get("since");
        element.dataset.seq ??= since;
        show(connection.status === 200);
        if (connection.lastEventId && connection.lastEventId !== since) {
            connection.lastEventId = "";
            connection.reader?.cancel();
        }
    }

    if (live()?._htmx?.sse) adoptStream(live());
    setInterval(tick, TICK);
    // htmx may have started before hx-sse was there to see it: look once when both are
    addEventListener("DOMContentLoaded", () => setTimeout(() => { due = Date.now() + 300; setTimeout(tick, 350); }));
    addEventListener("online", hurry);
    addEventListener("pageshow", (event) => event.persisted && hurry());

    // ---- many tabs: without HTTP/2 a browser opens six connections to a host, so the seventh tab would never load

    const scarce = !/^h[23]/.test(performance.getEntriesByType("navigation")[0]?.nextHopProtocol ?? "");
    const channel = "BroadcastChannel" in window ? new BroadcastChannel("mailapp-live") : null;
    let others = 0;
    let restTimer = 0;

    channel?.addEventListener("message", ({ data }) => {
        if (data.ask && connected) channel.postMessage({ here: true });
        else if (data.here) others += 1;
        else if (data.counts && resting) adopt(data.counts);
    });

    /** Tell resting tabs the numbers, so that their titles stay true. */
    function share() {
        if (!channel || !scarce) return;
        const counts = [...document.querySelectorAll(".folder-count")].map((each) => [each.id, each.textContent]);
        channel.postMessage({ counts });
    }

    function adopt(counts) {
        for (const [id, text] of counts) {
            const element = document.getElementById(id);
            if (element && element.textContent !== text) element.textContent = text;
        }
        document.dispatchEvent(new CustomEvent("htmx:after:swap"));
    }

    function rest() {
        if (!channel || !scarce) return;
        others = 0;
        channel.postMessage({ ask: true });
        setTimeout(() => {
            if (!document.hidden || others < TABS_SERVED) return;
            resting = true;
            live()?.setAttribute("data-resting", "");
            connection?.delayCanceller?.();
            connection?.reader?.cancel();
        }, 500);
    }

    document.addEventListener("visibilitychange", () => {
        clearTimeout(restTimer);
        if (document.hidden) {
            restTimer = setTimeout(rest, REST_AFTER);
        } else if (resting) {
            resting = false;
            live()?.removeAttribute("data-resting");
            due = 0;
            tick();
        } else if (!connected || Date.now() - heard > SILENCE / 2) hurry();
    });
})();

"""The inbox page with 1,000 messages and with a million in the mailbox, on one server, in turns."""

import gc
import time

from bench import report
from bench.filler import fill
from bench.servers import add_account, data_directory, start_mailapp
from bench.web import logged_in

SMALL, LARGE = "small@bench.example", "large@bench.example"
GOAL_MS, GOAL_RATIO = 5.0, 1.2


async def run(large: int, requests: int) -> tuple[str, object]:
    """Round trips over two keep-alive connections, in turns; and the rows behind the middle of each list."""
    with data_directory() as data:
        counts = {SMALL: 1_000, LARGE: large}
        for each in counts:
            add_account(data, each)
        filled = {each: fill(data / "emails.db", each, count) for each, count in counts.items()}
        server = start_mailapp(data)
        try:
            webs = {each: await logged_in(server.http, each) for each in counts}
            times: dict[str, list[float]] = {each: [] for each in counts}
            size = dict.fromkeys(counts, 0)
            gc.disable()
            for number in range(requests + 20):
                for each, web in webs.items():
                    started = time.perf_counter()
                    status, body = await web.get("/mail/inbox")
                    taken = (time.perf_counter() - started) * 1e3
                    if status != 200 or b"message-list" not in body:
                        raise RuntimeError(f"the inbox answered {status}: {body[:200]!r}")
                    size[each] = len(body)
                    if number >= 20:
                        times[each].append(taken)
            gc.enable()
            # the server's own time: /proc counts in hundredths of a second, so a run of its own for each
            cpu = {}
            for each, web in webs.items():
                before = server.cpu_ms()
                for _ in range(requests):
                    await web.get("/mail/inbox")
                cpu[each] = (server.cpu_ms() - before) / requests
        finally:
            server.stop()
    return section(counts, times, cpu, size, filled), {"round_trip_ms": times, "server_cpu_ms": cpu}


def section(
    counts: dict[str, int],
    times: dict[str, list[float]],
    cpu: dict[str, float],
    size: dict[str, int],
    filled: dict[str, float],
) -> str:
    ratio = report.median(times[LARGE]) / report.median(times[SMALL])
    goals = {
        SMALL: f"server < {GOAL_MS:.0f} ms: {report.verdict(cpu[SMALL] < GOAL_MS)}",
        LARGE: f"<= {GOAL_RATIO} times: {report.verdict(ratio <= GOAL_RATIO)} ({ratio:.2f})",
    }
    rows = [
        (
            f"{counts[each]:,}",
            f"{report.median(taken):.2f}",
            f"{report.percentile(taken, 0.95):.2f}",
            f"{cpu[each]:.2f}",
            f"{size[each] / 1000:.0f}",
            f"{filled[each]:.0f}",
            goals[each],
        )
        for each, taken in times.items()
    ]
    headings = ("messages in the mailbox", "p50 ms", "p95 ms", "server CPU ms", "page KB", "filled in s", "goal")
    text = (
        "`GET /mail/inbox` over keep-alive connections, in turns: the whole round trip as the client sees it,"
        " and what of it the server computes."
    )
    return "\n\n".join(("## Inbox page", text, report.table(headings, rows)))

"""How well codes are found on the corpus, and how long that takes."""

import gc
import time
from collections.abc import Callable, Sequence

from bench import mailgen
from bench.code_corpus import HELD_OUT, SECOND, THIRD, Entry, Outcome, entries, judge
from bench.report import percentile, table
from mailapp.mail.codes import find_codes
from mailapp.mail.content import MemoryContent
from mailapp.mail.parser import parse

Section = tuple[str, object]


def run(held_out: bool, failures: bool) -> Section:
    """Precision and recall of the parts, and times. The held-out part is run only when it is asked for."""
    every = list(entries())
    tuned = [one for one in every if not one.held_out]
    parts: dict[str, Outcome] = {
        "tuned": judge(tuned),
        "held out first, looked at since": judge([one for one in every if one.held_out]),
        "held out second, looked at since": judge(list(entries(SECOND))),
        "held out third, looked at since": judge(list(entries(THIRD))),
    }
    if held_out:
        parts["held out"] = judge(list(entries(HELD_OUT)))
    rows = [_row(name, outcome) for name, outcome in parts.items()]
    headings = ("part", "messages", "to show", "shown", "precision", "recall", "other kinds", "valid for")
    pieces = [table(headings, rows)]
    if failures:
        pieces += [_failures(made) for name, made in parts.items() if name != "held out"]
    times = _times(every)
    pieces.append(table(("message", "median ms of CPU", "p99 ms of CPU"), times))
    return "\n\n".join(pieces), {"parts": rows, "times": times}


def _row(name: str, made: Outcome) -> tuple[object, ...]:
    return (
        name, made.total, made.wanted, made.shown, f"{made.precision:.4f}", f"{made.recall:.4f}",
        f"{made.kinds_right}/{made.kinds_wanted}", f"{made.lives_right}/{made.lives_wanted}",
    )  # fmt: skip


def _failures(made: Outcome) -> str:
    return "\n".join(
        f"- {one.why}: {one.entry.id}: wanted {one.entry.kind} {one.entry.value}; found "
        f"{one.found.best and (one.found.best.value, one.found.best.confidence, one.found.best.valid_seconds)} "
        f"{[(each.value, each.kind.value, each.confidence) for each in one.found.others]}"
        for one in made.wrong
    )


_PROSE = (
    "The quarterly report is attached; it covers 1204 shops and 48 warehouses, with sales of $4,829.13 in March 2026. "
    "Please read the summary on page 12 and send your remarks by Friday, 10:32. Thank you for the good work so far!\n"
)
_HAN = "本季度报告已附上，涵盖全国1204家门店和48个仓库，销售额为4829.13万元。请于周五10:32前阅读第12页摘要并回复。\n"
_SPEAKS = (
    "Source code of build 48291 is ready; use promo code SAVE20 at checkout or verify your order 20931 with zip code "
    "94104. Your password and your one-time code are safe with us, see section 1204 for the error codes of 2026.\n"
)


def _times(every: Sequence[Entry]) -> list[tuple[str, str, str]]:
    """Medians and 99th percentiles of CPU time over many runs: other work on the machine adds little."""
    code = "\n\nYour verification code is 482913. It expires in 10 minutes.\n\n"
    cases: list[tuple[str, str, str]] = []
    pages: list[tuple[str, str, str, str]] = []
    for size, name in ((4_000, "4 KB"), (100_000, "100 KB")):
        for text, what in ((_PROSE, "English"), (_HAN, "Chinese"), (_SPEAKS, "code words all through")):
            letter = (text * (size // len(text) + 1))[:size]
            cases.append((f"{name}, {what}, no code", "The report", letter))
        half = (_PROSE * (size // len(_PROSE) + 1))[: size // 2]
        cases.append((f"{name}, English, a code in the middle", "Sign in", half + code + half))
    stub = "See the page."
    for piece, what in (("<p>code 1234</p>", "paragraphs"), ("<p style='color:#{:06d}'>a 1234 code</p>", "styles")):
        page = "".join(piece.format(number) for number in range(60_000 // len(piece)))
        pages.append((f"60 KB of {what} with codes beside a stub", "Confirm your email", stub, page))
    gc.collect()
    gc.freeze()  # as the server does: the corpus of this benchmark is not walked through again and again
    rows = [(what, *_timed([lambda s=s, t=t: find_codes(s, t, "", "a@b.example")], 400)) for what, s, t in cases]
    rows += [(w, *_timed([lambda s=s, t=t, h=h: find_codes(s, t, h, "a@b.example")], 100)) for w, s, t, h in pages]
    calls = [lambda e=e: find_codes(e.subject, e.text, e.html, "a@b.example") for e in every]
    rows.append((f"the corpus, {len(every)} messages", *_timed(calls, 5)))
    for kind in ("4k", "mixed"):
        messages = [parse(MemoryContent(content)) for content in mailgen.pool(kind, count=96)]
        held = [(one.subject, one.text, one.html_source) for one in messages]
        calls = [lambda m=m: find_codes(m[0], m[1], m[2], "a@b.example") for m in held]
        rows.append((f"as received: bench mail, {kind}", *_timed(calls, 10)))
    return rows


def _timed(calls: Sequence[Callable[[], object]], rounds: int) -> tuple[str, str]:
    taken: list[float] = []
    for _ in range(rounds):
        for call in calls:
            start = time.thread_time()
            call()
            taken.append((time.thread_time() - start) * 1_000)
    return f"{percentile(taken, 0.5):.3f}", f"{percentile(taken, 0.99):.3f}"

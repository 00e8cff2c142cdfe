"""The corpus of codes (tests/data/codes): how it is read, which part is held out, how well the finder does on it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.code_layouts import page
from mailapp.mail.code import Codes
from mailapp.mail.codes import find_codes
from mailapp.mail.html_text import html_to_text

DATA = Path(__file__).parent.parent / "tests" / "data" / "codes"
HELD_OUT_PERCENT = 35
"""Of the first corpus; that part has been looked at since, as have the second and the third."""
SECOND, THIRD = DATA.with_name("codes_second"), DATA.with_name("codes_third")
HELD_OUT = DATA.with_name("codes_fourth")
"""Not to be looked at while the finder is tuned: see docs/codes.md."""


@dataclass(frozen=True)
class Entry:
    """A message and what should be found in it."""

    id: str
    kind: str
    """code, link, none, or another kind beside which nothing is to be shown: meeting, pickup, discount."""
    value: str
    link: str
    seconds: int | None
    subject: str
    text: str
    html: str

    @property
    def held_out(self) -> bool:
        """Whether it belongs to the part that is not looked at while the finder is tuned: a stable rule."""
        return hashlib.sha256(self.id.encode()).digest()[0] * 100 < HELD_OUT_PERCENT * 256

    @property
    def positive(self) -> bool:
        return self.kind in ("code", "link")


def entries(data: Path = DATA) -> Iterator[Entry]:
    """All of a corpus. Raises ValueError where a file is not as it should be."""
    known: set[str] = set()
    for path in sorted(data.glob("*.txt")):
        for block in path.read_text(encoding="utf-8").split("\n@@ ")[0:]:
            one = _entry(block.removeprefix("@@ "))
            if one.id in known:
                raise ValueError(f"{one.id} twice")
            known.add(one.id)
            yield one


def _entry(block: str) -> Entry:
    head, *lines = block.rstrip("\n").split("\n")
    fields = [one.strip() for one in head.split(" | ")]
    if len(fields) < 2 or not lines or not lines[0].startswith("Subject:"):
        raise ValueError(f"no entry: {block[:80]}")
    kind, *words = fields[1].split(" ")
    options = dict(word.split("=", 1) for word in words if word.partition("=")[0] in ("link", "layout", "text"))
    values = [word for word in words if word.partition("=")[0] not in ("link", "layout", "text")]
    body = lines[1:]
    html = page(options["layout"], body) if "layout" in options else ""
    text = "\n".join(body)
    if html:
        text = {"none": html_to_text(html), "stub": "Please view this message in HTML.", "empty": ""}[
            options.get("text", "none")
        ]
    seconds = int(fields[2]) if len(fields) > 2 and fields[2] else None
    value = values[0] if values else ""
    subject = lines[0].removeprefix("Subject:").strip()
    return Entry(fields[0], kind, value, options.get("link", ""), seconds, subject, text, html)


@dataclass(frozen=True)
class Wrong:
    """An entry on which the finder fails."""

    entry: Entry
    found: Codes
    why: str


@dataclass
class Outcome:
    """Figures of one part of the corpus."""

    right: int = 0
    shown: int = 0
    """Messages for which something is shown."""
    wanted: int = 0
    """Messages for which something should be."""
    total: int = 0
    kinds_right: int = 0
    kinds_wanted: int = 0
    lives_right: int = 0
    lives_wanted: int = 0
    wrong: tuple[Wrong, ...] = ()

    @property
    def precision(self) -> float:
        return self.right / self.shown if self.shown else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0


def judge(part: Sequence[Entry]) -> Outcome:
    """Run the finder on a part: right is only the very value of the very kind."""
    made = Outcome(total=len(part))
    wrong: list[Wrong] = []
    for entry in part:
        found = find_codes(entry.subject, entry.text, entry.html, "noreply@example.com")
        best = found.best
        made.wanted += entry.positive
        made.shown += best is not None
        if entry.positive:
            right = best is not None and (best.kind.value, best.value) == (entry.kind, entry.value)
            made.right += right
            if not right:
                wrong.append(Wrong(entry, found, "missed" if best is None else "another"))
            if entry.seconds is not None:
                made.lives_wanted += 1
                made.lives_right += right and best is not None and best.valid_seconds == entry.seconds
                if right and best is not None and best.valid_seconds != entry.seconds:
                    wrong.append(Wrong(entry, found, f"valid {best.valid_seconds}"))
            if entry.link and (found.link is None or found.link.value != entry.link):
                wrong.append(Wrong(entry, found, "link"))
        elif best is not None:
            wrong.append(Wrong(entry, found, "too much"))
        if entry.value and not entry.positive:
            made.kinds_wanted += 1
            fits = any((one.kind.value, one.value) == (entry.kind, entry.value) for one in found.others)
            made.kinds_right += fits
            if not fits:
                wrong.append(Wrong(entry, found, "kind"))
    made.wrong = tuple(wrong)
    return made

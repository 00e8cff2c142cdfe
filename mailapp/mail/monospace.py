"""Which stretches of a plain letter need letters of one width: tables drawn with characters, code, diffs, logs."""

import re
from collections.abc import Iterator

MAX_LINES = 4_000
"""Lines that are looked at; what follows is prose."""
_PARAGRAPH = re.compile(r"^(?>(?:[^\S\n]*+\S[^\n]*+(?:\n|\Z)){1,5000})", re.MULTILINE)
_DIFF = re.compile(r"(?:diff --git |Index: \S|--- \S[^\n]*\n\+\+\+ \S|@@ -\d)")
_IN_DIFF = re.compile(
    r"[-+ \t@\\=]|diff |index |Index: |(?:new|deleted|old) (?:file )?mode |rename |similarity |Binary "
)
"""How a line of a diff begins; a context line whose blank was lost is an empty one."""
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_BOXED = re.compile(r"\s*[|+┌├└│╔╠╚║┏┣┗┃](?:.*[|+┐┤┘│╗╣╝║┓┫┛┃])\s*")
_RULE = re.compile(r"\s*[-=]{3,}(?:(?: {1,}|\t)[-=]{2,})+\s*|\s*\|?(?:\s*:?-{3,}:?\s*\|)+\s*:?-*:?\s*")
_GAP = re.compile(r"(?<=\S)(?: {2,}|\t+)(?=\S)")
_LOG = re.compile(
    r"\[?(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} \d\d:)"
)
_TRACE = re.compile(r"Traceback \(most recent call last\)|\s+(?:at \S+\(|File \".+\", line \d)")
_STRONG = re.compile(
    r"\s*(?:(?:async )?def \w+\(|class \w+.*[:{]\s*$|import \w|from [\w.]+ import |#include\b|#!/|>>> |\$ \w|"
    r"(?:public|private|protected|static|export)\s+\w|(?:const|let|var)\s+\w+\s*=|func(?:tion)?\s*\w*\(|fn \w+|"
    r"SELECT\b.*\b(?:FROM|AS)\b|INSERT INTO\b|UPDATE \w+ SET\b|CREATE (?:TABLE|INDEX)\b|return\b.*;|"
    r"(?:if|for|while|elif|switch)\b.*[:{]\s*$|</?[a-z]+[^>]*>\s*$|[\w.]+\s*\(.*\)\s*[;{]\s*$)"
)
_WEAK = re.compile(
    r".*[;{}\[\],]\s*$|\s*(?:[\w.\[\]\"']+\s*(?:[-+*/|&]?=|:=)\s*\S|//|#\s|/\*|\*/|\}|\]|else\b|return\b|\w+\()|"
    r" {4}|\t"
)
_MAX_LINE = 400


def stretches(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces, each said to be monospaced or prose; together they are the text. Linear in time."""
    at = 0
    pending: tuple[bool, str] | None = None
    for mono, start, end in _found(text):
        if start > at:
            gap = text[at:start]
            # blank lines between two pieces of code belong to the code
            if pending and pending[0] and mono and not gap.strip():
                pending = (True, pending[1] + gap)
            else:
                if pending:
                    yield pending
                pending = (False, gap)
        piece = text[start:end]
        if pending and pending[0] == mono:
            pending = (mono, pending[1] + piece)
        else:
            if pending:
                yield pending
            pending = (mono, piece)
        at = end
    if pending:
        yield pending
    if at < len(text):
        yield False, text[at:]


def _found(text: str) -> Iterator[tuple[bool, int, int]]:
    """Monospaced paragraphs as (True, start, end), merged by the caller; what lies between is prose."""
    lines, fence_from, past = 0, -1, 0
    for paragraph in _PARAGRAPH.finditer(text):
        rows = paragraph[0].splitlines()
        lines += len(rows)
        if lines > MAX_LINES:
            return
        start = paragraph.start()
        if start < past:
            continue
        if fence_from >= 0:
            if any(_FENCE.match(row) for row in rows):
                yield True, fence_from, paragraph.end()
                fence_from = -1
            continue
        fences = sum(_FENCE.match(row) is not None for row in rows)
        if fences % 2:
            fence_from = start + _offset(rows, _FENCE)
            continue
        diff = next((each for each in _line_starts(paragraph[0]) if _DIFF.match(paragraph[0], each)), -1)
        if diff >= 0:
            past = _end_of_diff(text, start + diff)
            yield True, start + diff, past
            continue
        if fences or _is_table(rows) or _is_code(rows):
            yield True, start, paragraph.end()


def _line_starts(text: str) -> Iterator[int]:
    yield 0
    for found in re.finditer(r"\n(?=.)", text):
        yield found.end()


def _offset(rows: list[str], pattern: re.Pattern[str]) -> int:
    at = 0
    for row in rows:
        if pattern.match(row):
            return at
        at += len(row) + 1
    return at


def _end_of_diff(text: str, start: int) -> int:
    """A diff runs to the signature (RFC 3676 4.3), or to a paragraph without a line of any diff, or to the end."""
    end = start
    for paragraph in _PARAGRAPH.finditer(text, start):
        lines = _line_starts(paragraph[0])
        if paragraph[0].startswith("-- \n") or not any(_IN_DIFF.match(paragraph[0], each) for each in lines):
            return end
        signature = paragraph[0].find("\n-- \n")
        if signature >= 0:
            return paragraph.start() + signature + 1
        end = paragraph.end()
    return end


def _is_table(rows: list[str]) -> bool:
    if len(rows) < 2:
        return False
    rows = [row[:_MAX_LINE] for row in rows]
    if any(_RULE.fullmatch(row) for row in rows) and len(rows) > 2:
        return True
    if sum(_BOXED.fullmatch(row) is not None for row in rows) >= max(2, len(rows) - 1):
        return True
    return _repeats(rows)


def _repeats(rows: list[str]) -> bool:
    """Whether a column begins at the same place in three lines running."""
    found = [{gap.end() for gap in _GAP.finditer(row)} for row in rows]
    return any(a & b & c for a, b, c in zip(found, found[1:], found[2:], strict=False))


def _is_code(rows: list[str]) -> bool:
    rows = [row[:_MAX_LINE] for row in rows]
    if any(_TRACE.match(row) for row in rows):
        return True
    logged = sum(_LOG.match(row) is not None for row in rows)
    if logged >= 2 and logged * 2 >= len(rows):
        return True
    strong = sum(_STRONG.match(row) is not None for row in rows)
    if len(rows) == 1:
        return strong == 1 and rows[0].lstrip().startswith("$ ")
    either = sum(_STRONG.match(row) is not None or _WEAK.match(row) is not None for row in rows)
    return strong > 0 and either > 1 and either * 10 >= len(rows) * 6

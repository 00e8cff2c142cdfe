"""What of a letter is the letter before it, quoted: lines that begin with ">", and the heads mailers put above."""

import re

from mailapp.values import dataclass

MAX_LINES = 20_000
"""Lines that are looked at; what follows is shown as it is."""
LONG = 12
"""Lines of a quotation from which it is folded even where the answer goes on below it."""
_FROM = r"(?:From|发件人|寄件者|寄件人|發件人|Von|De|Da|差出人|보낸 ?사람)"
_SENT = (
    r"(?:Sent|Date|发送时间|发送日期|日期|时间|寄件日期|寄件時間|傳送時間|Gesendet|Datum|Envoyé|送信日時|보낸 ?날짜)"
)
_TO = r"(?:To|Cc|收件人|收件者|抄送|副本|An|À|宛先|받는 ?사람)"
_SUBJECT = r"(?:Subject|主题|主題|主旨|Betreff|Objet|件名|제목)"
FROM_LINE = re.compile(rf"[*_\s>]*+{_FROM}[*_]*+\s*+[:：]", re.IGNORECASE)
HEAD_LINE = re.compile(rf"[*_\s>]*+(?:{_SENT}|{_TO}|{_SUBJECT})[*_]*+\s*+[:：]", re.IGNORECASE)
SEPARATOR = re.compile(
    r"\s*+[-_*—]{2,}+\s*+(?:Original[ -]?(?:Message|Mail|Appointment)|原始(?:邮件|郵件|訊息)|邮件原件|回复的原邮件|"
    r"Replied Message|Ursprüngliche Nachricht|Message d'origine|元のメッセージ|원본 메(?:일|시지))\s*[-_*—]*\s*",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"\s*+[-_*—]*+\s*+(?:Forwarded (?:message|by)|Begin forwarded message|转发的?(?:邮件|消息)|轉寄的?(?:郵件|訊息)|"
    r"已转发邮件|Weitergeleitete Nachricht|Message transféré)",
    re.IGNORECASE,
)
ATTRIBUTION = re.compile(
    r".{3,400}?(?:wrote|writes|写道|寫道|写到|schrieb.{0,80}|a écrit|escribió|ha scritto|schreef.{0,80}|skrev.{0,80})"
    r"\s*+[:：]",
    re.IGNORECASE | re.DOTALL,
)
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|tr|vl|rv|转发|轉發|轉寄|转寄|転送|전달)\s*(?:\[\d{1,3}\])?\s*[:：]", re.IGNORECASE
)
_SIGNATURE_LINES = 20
_NAMED = 40
"""Quotations, the last ones, whose author is looked for above them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines of a plain letter that belong together."""

    text: str
    quoted: bool
    """Lines that begin with ">"."""
    folded: bool
    """Shown only after a press."""


def is_forward(subject: str) -> bool:
    """Whether a subject says that what stands below the letter is what it is about."""
    return _FORWARD_SUBJECT.match(subject) is not None


def stretches(text: str, *, forwarded: bool = False) -> list[Stretch]:
    """A plain letter cut into its own words and what it quotes; joined they are the text. Linear in time.

    Folded are quotations nothing of the letter follows, with the line that names their author, long ones elsewhere, and
    the whole earlier letter some mailers append under its header. Nothing is folded where no own word would remain.
    """
    lines = text.splitlines(keepends=True)
    if len(lines) > MAX_LINES:
        rest = "".join(lines[MAX_LINES:])
        return [*_stretches(lines[:MAX_LINES], forwarded), Stretch(rest, False, False)]
    return _stretches(lines, forwarded)


def _stretches(lines: list[str], forwarded: bool) -> list[Stretch]:
    appended = len(lines) if forwarded else _appended(lines)
    runs = _runs(lines[:appended])
    heads = [_attribution(lines, start) if len(runs) - n <= _NAMED else start for n, (start, _) in enumerate(runs)]
    covered = [(head, end) for head, (_, end) in zip(heads, runs, strict=True)]
    own = _own_lines(lines[:appended], covered)
    if not own:
        return [Stretch("".join(lines[a:b]), quoted, False) for a, b, quoted in _cut(runs, len(lines))]
    out: list[Stretch] = []
    at = 0
    for head, (start, end) in zip(heads, runs, strict=True):
        folded = start > own[-1] or end - start >= LONG
        begin = max(head if folded else start, at)
        if begin > at:
            out.append(Stretch("".join(lines[at:begin]), False, False))
        out.append(Stretch("".join(lines[begin:end]), True, folded))
        at = end
    if at < appended:
        out.append(Stretch("".join(lines[at:appended]), False, False))
    if appended < len(lines):
        out.append(Stretch("".join(lines[appended:]), False, True))
    return out


def _cut(runs: list[tuple[int, int]], total: int) -> list[tuple[int, int, bool]]:
    out, at = [], 0
    for start, end in runs:
        if start > at:
            out.append((at, start, False))
        out.append((start, end, True))
        at = end
    return out + ([(at, total, False)] if at < total else [])


def _runs(lines: list[str]) -> list[tuple[int, int]]:
    """Stretches of lines that begin with ">", blank lines between two of them included."""
    found: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if not line.startswith(">"):
            continue
        if found and all(not each.strip() for each in lines[found[-1][1] : number]):
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found


def _attribution(lines: list[str], start: int) -> int:
    """Where the lines begin that say who wrote the quotation below; `start` where there are none."""
    last = start - 1
    while last >= 0 and start - last <= 2 and not lines[last].strip():
        last -= 1
    for first in range(last, max(-1, last - 3), -1):
        if not lines[first].strip() or lines[first].startswith(">"):
            break
        said = "".join(lines[first : last + 1])
        if len(said) < 500 and said.rstrip().endswith((":", "：")) and ATTRIBUTION.fullmatch(said.strip()):
            # one more line may belong to it: "On Mon, 3 Nov 2026," above "Ann <a@b> wrote:"
            above = first - 1
            if above >= 0 and re.match(r"(?:On|Am|Le|At|在|于)\b", lines[above]) and len(lines[above]) < 200:
                return above
            return first
    return start


def _appended(lines: list[str]) -> int:
    """Where an earlier letter begins that is appended as it was, its header above; the number of lines if none is."""
    for number, line in enumerate(lines):
        if len(line) > 400 or line.startswith(">"):
            continue
        if FORWARDED.match(line):
            return len(lines)
        if SEPARATOR.fullmatch(line.rstrip("\n")):
            return number
        if FROM_LINE.match(line):
            below = [each for each in lines[number + 1 : number + 8] if each.strip()][:5]
            if sum(HEAD_LINE.match(each[:400]) is not None for each in below) >= 2:
                above = number - 1
                return above if above >= 0 and re.fullmatch(r"[-_=\s]{5,}", lines[above][:200]) else number
    return len(lines)


def _own_lines(lines: list[str], covered: list[tuple[int, int]]) -> list[int]:
    """Numbers of the lines with own words; a signature at the end is none, the last of them is what matters."""
    quoted = {number for start, end in covered for number in range(start, end)}
    end = len(lines)
    for number in range(len(lines) - 1, max(-1, len(lines) - _SIGNATURE_LINES), -1):
        if lines[number].rstrip("\r\n") == "-- " or re.fullmatch(r"_{10,}\s*", lines[number][:200]):
            end = number
            break
    return [number for number in range(end) if number not in quoted and lines[number].strip()]

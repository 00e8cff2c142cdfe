"""Drafts made from a message that came: answers and forwards (RFC 5322 3.6.2-3.6.4)."""

import re
from collections.abc import Callable, Collection, Iterable
from html import escape

from mailapp.mail.address import fold, is_valid, split, strip_tag
from mailapp.mail.draft import Draft
from mailapp.mail.message import MAX_SUBJECT, Message, Person
from mailapp.mail.recipients import show
from mailapp.mail.sanitize_outgoing import outgoing
from mailapp.mail.threads import ANSWER_WORDS, FORWARD_WORDS, NUMBER
from mailapp.mail.tidy import TooMuchMarkup
from mailapp.values import dataclass

MAX_QUOTED = 262_144
"""Characters of the original that are quoted, of its text and of its HTML."""
MAX_CHAIN = 50
"""References of an answer: the first and the latest."""

_ANSWER = re.compile(rf"(?>(?:\s*+(?:{ANSWER_WORDS}){NUMBER}\s*+[:：])+)\s*+", re.IGNORECASE)
_FORWARD = re.compile(rf"(?>(?:\s*+(?:{FORWARD_WORDS}){NUMBER}\s*+[:：])+)\s*+", re.IGNORECASE)
_ROOM = "<div><br></div>"
_QUOTE_STYLE = "margin:0 0 0 0.8ex;border-left:2px solid #cccccc;padding-left:1ex"


@dataclass(frozen=True, slots=True)
class QuoteWords:
    """Words of a quotation in the writer's language."""

    date: Callable[[int], str]
    """A time in ms since 1970 UTC as the writer reads it."""
    attribution: str = "On {date}, {name} wrote:"
    undated: str = "{name} wrote:"
    forwarded: str = "---------- Forwarded message ----------"
    """Stands above a forwarded message; with dashes around it, so that mailers know it."""
    from_label: str = "From"
    date_label: str = "Date"
    subject_label: str = "Subject"
    to_label: str = "To"
    cc_label: str = "Cc"
    colon: str = ": "


def reply(
    original: Message,
    delivered_to: str,
    own: Collection[str],
    all_: bool,
    words: QuoteWords,
    *,
    rich: bool = True,
) -> Draft:
    """An answer to `original`, to its author or with `all_` to everybody but ourselves.

    `delivered_to`: the address it came to; `own`: folded addresses of the account. With `rich` what came as HTML is
    quoted as HTML too, without pictures. Who answers a message of their own writes to its recipients once more.
    """
    to = [one for one in original.reply_to or original.from_ or original.sender if is_valid(one.address)]
    to = to or [one for one in original.from_ if is_valid(one.address)]
    cc: list[Person] = []
    if to and all(_is_own(one, own) for one in to) and any(is_valid(one.address) for one in original.to):
        to = list(original.to)
        cc = list(original.cc) if all_ else []
    elif all_:
        to += [one for one in original.to if not _is_own(one, own)]
        cc = [one for one in original.cc if not _is_own(one, own)]
    seen: set[str] = set()
    html = _html(original, pictures=False) if rich else ""
    attribution = _attribution(original, words)
    return Draft(
        from_=from_address(original, delivered_to, own),
        to=show(_new(to, seen)),
        cc=show(_new(cc, seen)),
        subject=_subject("Re: ", _ANSWER, original.subject),
        text=f"\n\n{attribution}\n{_quoted(original.text)}\n",
        html=f'{_ROOM}<div>{escape(attribution)}</div><blockquote style="{_QUOTE_STYLE}">{html}</blockquote>'
        if html
        else "",
        in_reply_to=original.message_id,
        references=references(original),
    )


def forward(
    original: Message, words: QuoteWords, *, delivered_to: str = "", own: Collection[str] = (), rich: bool = True
) -> Draft:
    """A draft that passes `original` on, its header in words above it; the attachments are the caller's business."""
    lines = _header_lines(original, words)
    html = _html(original, pictures=True) if rich else ""
    head = "<br>".join(escape(line) for line in (words.forwarded, *lines))
    return Draft(
        from_=from_address(original, delivered_to, own),
        subject=_subject("Fwd: ", _FORWARD, original.subject),
        text="\n".join(("\n", words.forwarded, *lines, "", original.text[:MAX_QUOTED].rstrip(), "")),
        html=f"{_ROOM}<div>{head}</div>{_ROOM}{html}" if html else "",
    )


def _html(original: Message, *, pictures: bool) -> str:
    """What is quoted of the original's HTML; "" where it has none, or more markup than can be read at once."""
    try:
        return outgoing(original.html[:MAX_QUOTED], pictures) if original.html else ""
    except TooMuchMarkup:
        return ""


def references(original: Message) -> tuple[str, ...]:
    """References of an answer: those of the original, or its only In-Reply-To, then its own id (RFC 5322 3.6.4)."""
    chain = original.references or (original.in_reply_to if len(original.in_reply_to) == 1 else ())
    if original.message_id:
        chain = (*(one for one in chain if one != original.message_id), original.message_id)
    return chain if len(chain) <= MAX_CHAIN else (chain[0], *chain[1 - MAX_CHAIN :])


def from_address(original: Message, delivered_to: str, own: Collection[str]) -> str:
    """Which of our own addresses (folded) writes: the one the message came to, else one it names; "" for none."""
    named = (*original.to, *original.cc, *original.from_)
    for address in (delivered_to, *(person.address for person in named)):
        found = own_form(address, own)
        if found:
            return found
    return ""


def own_form(address: str, own: Collection[str]) -> str:
    """The folded own address this is, a plus tag apart; "" where it is not ours."""
    folded = fold(address)
    if folded in own:
        return folded
    local, domain = split(folded)
    untagged = f"{strip_tag(local)}@{domain}"
    return untagged if untagged in own else ""


def _is_own(person: Person, own: Collection[str]) -> bool:
    return own_form(person.address, own) != ""


def _new(people: Iterable[Person], seen: set[str]) -> list[Person]:
    """People with a usable address that stand nowhere yet."""
    found: list[Person] = []
    for person in people:
        folded = fold(person.address)
        if folded not in seen and is_valid(person.address):
            seen.add(folded)
            found.append(person)
    return found


def _subject(prefix: str, known: re.Pattern[str], subject: str) -> str:
    """The subject behind `prefix`, which takes the place of those of its kind in any language."""
    rest = known.match(subject)
    return (prefix + (subject[rest.end() :] if rest else subject))[:MAX_SUBJECT].rstrip()


def _attribution(original: Message, words: QuoteWords) -> str:
    author = (original.from_ or original.sender or (Person("", ""),))[0]
    name = " ".join((author.name or author.address).split())
    if original.date_ms is None:
        return words.undated.replace("{name}", name)
    return words.attribution.replace("{date}", words.date(original.date_ms)).replace("{name}", name)


def _quoted(text: str) -> str:
    """The text with "> " before each line, without its signature (RFC 3676 4.3, 4.5)."""
    lines = text[:MAX_QUOTED].rstrip().split("\n")
    if "-- " in lines[1:]:
        lines = lines[: lines.index("-- ", 1)]
        while lines and not lines[-1].strip():
            lines.pop()
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)


def _header_lines(original: Message, words: QuoteWords) -> list[str]:
    """The header of a forwarded message as people read it."""
    date = words.date(original.date_ms) if original.date_ms is not None else ""
    said = (
        (words.from_label, show(original.from_)),
        (words.date_label, date),
        (words.subject_label, original.subject),
        (words.to_label, show(original.to)),
        (words.cc_label, show(original.cc)),
    )
    return [f"{label}{words.colon}{value}" for label, value in said if value]

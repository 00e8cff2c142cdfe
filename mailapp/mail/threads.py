"""What a subject is about once answers and forwards have put their words before it (RFC 5256 2.1, in any language)."""

import re
from unicodedata import normalize

from mailapp.values import dataclass

ANSWER_WORDS = "re|aw|sv|vs|antw|odp|rif|ynt|ang|回复|回覆|回復|答复|答覆|返信|회신"
"""Words mailers put before the subject of an answer, as alternatives of a pattern."""
FORWARD_WORDS = "fwd?|wg|tr|vl|rv|doorst|转发|轉發|轉寄|转寄|転送|전달"
"""The same for a forward."""
NUMBER = r"(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3}|\*\d{1,3})?"
"""How often, as some mailers count: Re[2]:, Re(3):."""
MAX_PREFIXES = 50
"""Prefixes taken off at most; nobody has more, and a hostile subject ends somewhere."""

# Each takes one prefix and what stands between it and the next; possessive, so that nothing is tried twice.
_ANSWER = re.compile(rf"\s*+(?:{ANSWER_WORDS})\s*+{NUMBER}\s*+[:：]\s*+", re.IGNORECASE)
_FORWARD = re.compile(rf"\s*+(?:{FORWARD_WORDS})\s*+{NUMBER}\s*+[:：]\s*+", re.IGNORECASE)
_LIST = re.compile(r"\s*+\[[^\[\]]{1,100}\]\s*+")
_WRAPPED = re.compile(r"\s*+\[\s*+fwd?\s*+:(.*)\]\s*+\Z", re.IGNORECASE | re.DOTALL)
_TRAILER = re.compile(r"\(fwd\)\s*+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject taken apart."""

    text: str
    """Without prefixes, as it is shown; list tags that stand first stay."""
    base: str
    """The same folded (width, case, blanks) and without list tags: equal for what belongs together; "" for nothing."""
    answers: bool
    """Whether one of the prefixes was that of an answer; a forward alone is none."""


def take_apart(subject: str) -> Subject:
    """Take prefixes off a decoded subject. Any str is fine; the time grows with its length only."""
    text, answers = _TRAILER.sub("", subject).strip(), False
    base = text
    for _ in range(MAX_PREFIXES):
        found = _ANSWER.match(base) or _FORWARD.match(base)
        if found:
            answers = answers or _ANSWER.match(base) is not None
            base = base[found.end() :]
            text = base
            continue
        wrapped = _WRAPPED.match(base)
        if wrapped:
            base = text = wrapped[1]
            continue
        tag = _LIST.match(base)
        if tag is None or tag.end() == len(base):
            break
        # a tag may stand before a prefix ("[list] Re: ..."): it goes from the base, and from the text with the prefix
        base = base[tag.end() :]
    text = text.strip()
    return Subject(text or subject.strip(), fold(base), answers)


def fold(text: str) -> str:
    """Width, case and blanks folded, so that what people take for the same is the same."""
    return " ".join(normalize("NFKC", normalize("NFKC", text).casefold()).split())

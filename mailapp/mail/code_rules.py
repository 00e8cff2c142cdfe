"""What a reader's correction teaches about one sender: where in its messages the code stands, or that there is none."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from mailapp.mail.code import Code, Kind
from mailapp.mail.code_html import visible_text
from mailapp.mail.code_lifetime import valid_seconds
from mailapp.mail.code_shapes import folded
from mailapp.values import dataclass

MAX_RULES = 10
"""Rules of one sender that are tried."""
_MAX_WORDS = 40
_MAX_SHAPE = 40
_MAX_PLACES = 50
_LOOKED_AT = 32_768
"""Characters in which each rule's place is looked for."""
_MAX_PAGE = 131_072
_MAX_SENDER = 320
_CLASS = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}
_RUNS = re.compile(r"\s+|\d+")
_GAP = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """Where the code of a sender stands. `before` and `after` are folded: lower case, blanks and digits each as one."""

    sender: str
    """The address it is for, lower case."""
    before: str
    """The end of what stands before the code; "" at the beginning."""
    after: str
    shape: str
    """The code with 9, A and a for its characters; "?" for letters and digits of any kind."""
    source: str
    """subject, text or html: where it was seen."""
    nothing: bool = False
    """What stands there is no code."""

    def to_dict(self) -> dict[str, str | bool]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, object]) -> "Rule":
        """From what `to_dict` made. Raises ValueError for anything else."""
        text = {name: given.get(name) for name in ("sender", "before", "after", "shape", "source")}
        if not all(isinstance(value, str) for value in text.values()) or not isinstance(given.get("nothing"), bool):
            raise ValueError("not a rule")
        rule = cls(**text, nothing=given["nothing"])  # type: ignore[arg-type]
        if not rule.sender or len(rule.sender) > _MAX_SENDER or not rule.shape or len(rule.shape) > _MAX_SHAPE:
            raise ValueError("not a rule")
        if max(len(rule.before), len(rule.after)) > _MAX_WORDS or rule.source not in ("subject", "text", "html"):
            raise ValueError("not a rule")
        return rule


def learn(
    subject: str, text: str, sender: str, value: str, nothing: bool = False, html: str | Callable[[], str] = ""
) -> Rule | None:
    """The rule a correction teaches: `value` is the code (or, with `nothing`, is none). None where it isn't there.

    A group of digits is found also where it is written with blanks. The HTML is looked at where the rest has no such
    value.
    """
    value = value.strip()
    if not 2 <= len(value) <= _MAX_SHAPE:
        return None
    spelled = _spelled(value)
    for source in ("text", "subject", "html"):
        where = subject if source == "subject" else text if source == "text" else visible_text(_made(html))
        found = spelled.search(where[:_LOOKED_AT])
        if found is not None:
            before, after = _words(where[: found.start()]), _words(where[found.end() : found.end() + 120])
            key = sender.strip().lower()[:_MAX_SENDER]
            return Rule(key, before[-_MAX_WORDS:], after[:12], _shape(found[0]), source, nothing)
    return None


def _made(html: str | Callable[[], str]) -> str:
    return (html if isinstance(html, str) else html())[:_MAX_PAGE]


def by_rules(
    rules: Sequence[Rule], sender: str, subject: str, text: str, seen: Callable[[], str]
) -> tuple[Code | None, tuple[str, ...]]:
    """(the code that a rule of this sender finds, the values rules say are none); `seen` makes the HTML's text.

    Of two lessons about the same place the newer, which comes first in `rules`, holds.
    """
    sender = sender.strip().lower()
    found: Code | None = None
    silent: list[str] = []
    for rule in [one for one in rules if one.sender == sender][:MAX_RULES]:
        where = (subject if rule.source == "subject" else text if rule.source == "text" else seen())[:_LOOKED_AT]
        place = _place(rule, where)
        if place is None:
            continue
        value = _joined(where[place[0] : place[1]])
        if rule.nothing:
            silent.append(value)
        elif found is None and value not in silent:
            seconds = valid_seconds(folded(where[:8_000]), min(place[0], 8_000))
            found = Code(value, Kind.CODE, rule.source, place[0], place[1], 0.99, seconds)
    return found, tuple(one for one in silent if found is None or one != found.value)


def _place(rule: Rule, where: str) -> tuple[int, int] | None:
    """Where a rule's code stands: the place whose neighbourhood agrees best, at least half of it."""
    best: tuple[int, tuple[int, int]] | None = None
    for count, found in enumerate(_pattern(rule.shape).finditer(where)):
        if count >= _MAX_PLACES:
            break
        before = _words(where[max(0, found.start() - 200) : found.start()])
        after = _words(where[found.end() : found.end() + 60])
        same = _common(rule.before[::-1], before[::-1]) + _common(rule.after, after)
        needed = max(4, min(12, len(rule.before) // 2))
        if same >= min(needed, len(rule.before) + len(rule.after)) and (best is None or same > best[0]):
            best = (same, found.span())
    return best[1] if best else None


def _common(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _words(text: str) -> str:
    """Folded, each run of blanks one blank, each run of digits one 0."""
    return _RUNS.sub(lambda run: "0" if run[0].isdigit() else " ", folded(text[-400:]))


def _spelled(value: str) -> re.Pattern[str]:
    """A value as it may stand in a text: its characters with blanks or a hyphen between."""
    inner = r"[\s-]{0,3}".join(re.escape(one) for one in value if not one.isspace())
    return re.compile(rf"(?<![A-Za-z0-9]){inner}(?![A-Za-z0-9])")


def _shape(value: str) -> str:
    return "".join(
        "9" if one.isdigit() else "A" if one.isupper() else "a" if one.islower() else " " if one.isspace() else one
        for one in value
    )[:_MAX_SHAPE]


def _pattern(shape: str) -> re.Pattern[str]:
    """What has a shape; where letters and digits are mixed, any mixture of the same length."""
    if "9" in shape and ("A" in shape or "a" in shape):
        letter = "[A-Za-z0-9]" if "a" in shape and "A" in shape else "[a-z0-9]" if "a" in shape else "[A-Z0-9]"
        inner = "".join(letter if one in "9Aa" else re.escape(one) for one in shape)
    else:
        inner = "".join(_CLASS.get(one) or (r"\s" if one == " " else re.escape(one)) for one in shape)
    return re.compile(rf"(?<![A-Za-z0-9]){inner}(?![A-Za-z0-9])")


def _joined(value: str) -> str:
    bare = re.sub(r"\s+", "", value)
    digits = bare.replace("-", "")
    return digits if digits.isdigit() else bare

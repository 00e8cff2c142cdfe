"""Labels: the places in a message that call something a code, and of which kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailapp.mail.code import Kind
from mailapp.mail.code_words import (
    AUTH,
    BOOKING,
    BUYING,
    CONTEXT,
    DISCOUNT,
    IN_MEETING,
    MEETING,
    NOUNS,
    ONCE,
    OTHER,
    PICKUP,
    SUFFIX,
    Open,
)

MAX_LABELS = 80
_LEFT, _RIGHT = 30, 36
"""Characters beside a noun in which its qualifier stands."""
_STOP_LEFT = re.compile(r".*[.!?。！？;；,，、:：\n\x00()（）【】\[\]\"“”|]", re.DOTALL)
_STOP_RIGHT = re.compile(r"[.!?。！？;；,，、:：\n\x00()（）【】\[\]\"“”|]|\d")
_WORD_BEFORE = re.compile(r"[^\W\d_]*$")
_LATIN = re.compile(r"[a-zß-ɏḀ-ỿѐ-џа-яͰ-Ͽ_ ]+")
_CONFIRM = re.compile(r"confirm|conferm|bestätig|bevestig|potwierdz|确认|確認|확인|확정|onay|konfirm")


@dataclass(frozen=True, slots=True)
class Label:
    """A noun with what qualifies it."""

    start: int
    end: int
    kind: Kind | None
    """None where it names something that is no code: a postal code, an error code."""
    strength: float
    """How sure the words alone are, from 0 to 1."""


def has_noun(low: str) -> bool:
    """Whether any word for a code is in folded text: most mails have none."""
    return any(noun in low for noun in STEMS)


STEMS = tuple(one for one in NOUNS if not any(other != one and other in one for other in NOUNS))
"""Nouns no other noun is within."""


class Surroundings:
    """What the whole message is about, looked at once and only when it matters."""

    def __init__(self, low: str) -> None:
        self._low = low
        self._known: dict[str, bool] = {}

    def _any(self, name: str, words: tuple[str, ...]) -> bool:
        if name not in self._known:
            self._known[name] = any(word in self._low for word in words)
        return self._known[name]

    @property
    def signing_in(self) -> bool:
        return self._any("context", CONTEXT)

    @property
    def booking(self) -> bool:
        return self._any("booking", BOOKING)

    @property
    def buying(self) -> bool:
        return self._any("buying", BUYING)


def labels(low: str, around: Surroundings) -> list[Label]:
    """The labels of folded text in order, at most MAX_LABELS."""
    places: list[tuple[int, int, Open]] = []
    for noun, mode in NOUNS.items():
        places += _places(low, noun, mode)
    places.sort(key=lambda one: (one[0], -one[1]))
    found: list[Label] = []
    last = -1
    for start, end, mode in places:
        if start < last:
            continue  # "代码" within "验证代码", "code" within "passcode"
        label = _label(low, start, end, mode, around)
        if label is not None:
            found.append(label)
            last = end
            if len(found) >= MAX_LABELS:
                break
    return found


def _places(low: str, noun: str, mode: Open) -> Iterator[tuple[int, int, Open]]:
    is_word = _LATIN.fullmatch(noun) is not None
    at, count = low.find(noun), 0
    while at >= 0 and count < MAX_LABELS:
        count += 1
        end = at + len(noun)
        if is_word:
            suffix = SUFFIX.match(low, end)
            if suffix is not None:
                yield at, suffix.end(), mode
        else:
            yield at, end, mode
        at = low.find(noun, end)


def _label(low: str, start: int, end: int, mode: Open, around: Surroundings) -> Label | None:
    left = _STOP_LEFT.sub("", low[max(0, start - _LEFT) : start])
    right = low[end : end + _RIGHT]
    stop = _STOP_RIGHT.search(right)
    right = right[: stop.start()] if stop else right
    glued = _WORD_BEFORE.search(left)
    prefix = glued[0] if glued and low[start].isascii() else ""
    if mode is Open.ONCE_ONLY:
        return _secret(low, start, end, left, right, around)
    kind, words, distance = _nearest(left, right)
    if prefix and distance > len(prefix) and not _known_prefix(prefix):
        return None if mode is Open.SURE else Label(start, end, None, 0.0)
    if kind == "":
        return _bare(low, start, end, mode, around)
    return _qualified(low, start, end, kind, words, around)


def _known_prefix(prefix: str) -> bool:
    return prefix in ("pass", "pin", "the", "sms", "tan", "otp") or AUTH.search(prefix) is not None


def _secret(low: str, start: int, end: int, left: str, right: str, around: Surroundings) -> Label | None:
    """A password counts where it is for once, a meeting's or a locker's."""
    near = left[-24:]
    if MEETING.search(near):
        return Label(start, end, Kind.MEETING, 1.0)
    if PICKUP.search(near):
        return Label(start, end, Kind.PICKUP, 1.0)
    if ONCE.search(near) or ONCE.search(right[:24]):
        return Label(start, end, Kind.CODE, 1.0)
    if IN_MEETING.search(low, max(0, start - 500), start):
        return Label(start, end, Kind.MEETING, 0.9)
    return None


def _nearest(left: str, right: str) -> tuple[str, str, int]:
    """(kind, the words, distance) of the qualifier nearest to a noun; "" where there is none."""
    best: tuple[int, str, str] = (1_000, "", "")
    for kind, pattern in _QUALIFIERS:
        last = None
        for last in pattern.finditer(left):  # noqa: B007
            pass
        if last is not None and (away := len(left) - last.end()) < best[0] and away <= 16:
            best = (away, kind, last[0])
        following = pattern.search(right)
        # What follows is a little further away than what stands before: "discount code to verify".
        if following is not None and (away := following.start() + 2) < best[0] and away <= 26:
            best = (away, kind, following[0])
    return best[1], best[2], best[0]


_QUALIFIERS = (
    ("code", AUTH),
    ("other", OTHER),
    ("discount", DISCOUNT),
    ("pickup", PICKUP),
    ("meeting", MEETING),
)


def _qualified(low: str, start: int, end: int, kind: str, words: str, around: Surroundings) -> Label:
    if kind == "other":
        return Label(start, end, None, 0.0)
    if kind != "code":
        return Label(start, end, Kind(kind), 1.0)
    if IN_MEETING.search(low, max(0, start - 300), start) and not around.signing_in:
        return Label(start, end, Kind.MEETING, 0.8)
    if _CONFIRM.match(words) and around.booking:
        return Label(start, end, None, 0.0)
    return Label(start, end, Kind.CODE, 1.0)


def _bare(low: str, start: int, end: int, mode: Open, around: Surroundings) -> Label | None:
    if mode is Open.CLOSED:
        return Label(start, end, None, 0.0)
    if IN_MEETING.search(low, max(0, start - 300), start):
        return Label(start, end, Kind.MEETING, 0.8)
    if mode is Open.SURE:
        return Label(start, end, Kind.CODE, 1.0)
    near = low[max(0, start - 120) : end + 120]
    if any(word in near for word in BUYING):
        return Label(start, end, Kind.DISCOUNT, 0.8)
    return Label(start, end, Kind.CODE, 0.85 if around.signing_in else 0.5)

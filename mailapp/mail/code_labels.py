"""Labels: the places in a message that call something a code, and of which kind."""

import re
from collections.abc import Iterator, Sequence

from mailapp.mail.code import Kind
from mailapp.mail.code_qualifiers import qualifiers
from mailapp.mail.code_triggers import nouns_of
from mailapp.mail.code_words import (
    AUTH_WORD,
    BEHIND,
    BESIDE,
    BOOKING,
    BUYING,
    CONTEXT,
    FOR_ONCE,
    IN_MEETING,
    NOUNS,
    ONCE,
    PAID,
    SHOWN,
    SUFFIX,
    TRADING,
    TYPED,
    Open,
)
from mailapp.values import dataclass

MAX_LABELS = 16
PLURAL = 0.6
"""How sure the words are that speak of codes, not of one."""
_SHORT = 60
"""A message of so few characters that holds a bare "code: 4829" holds nothing else."""
_LEFT, _RIGHT = 30, 36
"""Characters beside a noun in which its qualifier stands."""
_JOINED = 1
"""Characters between two qualifiers that are one."""
_REACH_LEFT, _REACH_RIGHT = 16, 26
"""How far away a qualifier may end or begin."""
_STOPS = '.!?。！？;；,，、:：\n()（）【】[]"“”|'
_STOP_LEFT = re.compile(rf"[{re.escape(_STOPS)}]")
_STOP_RIGHT = _STOP_LEFT
_STOP = re.compile(r"[.!?](?=\s)|[。！？\n]")
_WORD_BEFORE = re.compile(r"[^\W\d_]*\Z")
_LATIN = re.compile(r"[a-zß-ɏḀ-ỿѐ-џа-яͰ-Ͽ_ ]+")
_WORD_LEFT = re.compile(r"(?<![^\W\d_])([a-z]{3,20}) \Z")
_WORD_RIGHT = re.compile(r" (?:(?:de|di|do|da|del|du|des|della) |d['’])?([a-zß-ÿąćęłńóśźżа-яё]{3,20})(?![^\W\d_])")
_TO_SIGN_IN = re.compile(
    r" [\"'“*]?[a-z0-9][a-z0-9 -]{2,10}[\"'”*]? (?:when prompted|to (?:confirm|verify|sign|log|authenti|finish signing|"
    r"(?:complete|continue) (?:your |the )?(?:sign|log|verif|registr)))"
)
_CONFIRM = ("confirm", "conferm", "bestätig", "bevestig", "potwierdz", "确认", "確認", "확인", "onay", "konfirm")
_PREFIXES = ("kenn", "pass", "pin", "sms", "tan", "otp", "m", "push", "chip", "photo", "verify", "auth")
_YOURS = re.compile(
    r"\b(?:your|votre|ton|tu|tus|su|seu|sua|teu|dein|deine|ihr|ihre|tuo|suo|je|jouw|uw|twój|twoj|din|ditt|ваш|твой|"
    r"váš)\b"
    r"|您的|你的|あなたの|お客様の|귀하의|회원님의"
)
"""What makes a bare "code" the reader's own."""
_YOUR_ENDINGS = ("unuz",)
_PLURALS = ("codes", "códigos", "codici", "koder", "kody")


@dataclass(frozen=True, slots=True)
class Label:
    """A noun with what qualifies it."""

    start: int
    end: int
    kind: Kind | None
    """None where it names something that is no code: a postal code, an error code."""
    strength: float
    """How sure the words alone are, from 0 to 1."""


_IS_WORD = {noun: _LATIN.fullmatch(noun) is not None for noun in NOUNS}


_LATIN_OF = {words: tuple(filter(str.isascii, words)) for words in (CONTEXT, FOR_ONCE, PAID, TYPED, BOOKING, TRADING)}
_MAX_SURROUNDINGS = 2_500


class Surroundings:
    """What the whole message is about, looked at once and only when it matters."""

    def __init__(self, low: str) -> None:
        self.low = low[:_MAX_SURROUNDINGS]
        self._latin = self.low.isascii()
        self._known: dict[str, bool] = {}

    def _any(self, name: str, words: tuple[str, ...]) -> bool:
        if name not in self._known:
            self._known[name] = any(word in self.low for word in (_LATIN_OF[words] if self._latin else words))
        return self._known[name]

    @property
    def signing_in(self) -> bool:
        return self._any("context", CONTEXT)

    @property
    def for_once(self) -> bool:
        return self._any("once", FOR_ONCE)

    @property
    def paid(self) -> bool:
        return self._any("paid", PAID)

    @property
    def typed(self) -> bool:
        return self._any("typed", TYPED)

    @property
    def trading(self) -> bool:
        return self._any("trading", TRADING)

    @property
    def booking(self) -> bool:
        return self._any("booking", BOOKING)


Spot = tuple[int, int, Open]
"""(start, end, what it says without a qualifier) of a noun."""


def spots(low: str, stems: Sequence[str]) -> list[Spot]:
    """Where nouns stand in a folded view, in order, the longer first; `stems` is what the first look found in it."""
    places: list[Spot] = []
    for noun in nouns_of(tuple(stems)):
        places += _places(low, noun)
    places.sort(key=lambda one: (one[0], -one[1]))
    return places


def labels(view: str, low: str, places: Sequence[Spot], around: Surroundings) -> list[Label]:
    """The labels at these places in order, at most MAX_LABELS; `low` is the view folded."""
    found: list[Label] = []
    last = -1
    for start, end, mode in places:
        if start < last:
            continue  # "代码" within "验证代码", "code" within "passcode"
        label = _label(view, low, start, end, mode, around)
        if label is not None:
            found.append(label)
            last = end
            if len(found) >= MAX_LABELS:
                break
    return found


def _is_of_something(view: str, start: int, end: int) -> bool:
    """Whether a common word stands right beside an unqualified noun: a survey code, código de almacén."""
    before = _WORD_LEFT.search(view, max(0, start - 24), start)
    if before is not None and before[1] not in BESIDE and AUTH_WORD.match(before[1]) is None:
        return True
    after = _WORD_RIGHT.match(view, end)
    return after is not None and after[1] not in BEHIND and AUTH_WORD.match(after[1]) is None


def _places(low: str, noun: str) -> Iterator[Spot]:
    mode, is_word = NOUNS[noun], _IS_WORD[noun]
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


def _label(view: str, low: str, start: int, end: int, mode: Open, around: Surroundings) -> Label | None:
    left = low[max(0, start - _LEFT) : start]
    for stop in _STOP_LEFT.finditer(left):
        cut = stop.end()
        left = "\n" * cut + left[cut:]
    left = left.lstrip("\n")
    right = low[end : end + _RIGHT]
    first = _STOP_RIGHT.search(right)
    right = right[: first.start()] if first else right
    if mode is Open.TILL:
        return Label(start, end, Kind.DISCOUNT, 0.9)
    if low.startswith("enter", start):
        return Label(start, end, Kind.CODE, 0.9) if _TO_SIGN_IN.match(low, end) else None
    if mode is Open.ONCE_ONLY:
        return _secret(low, start, end, left, right, around)
    kind, words, distance, more = _nearest(left, right)
    glued = _WORD_BEFORE.search(left) if low[start].isascii() else None
    if glued and glued[0] and distance > len(glued[0]) and glued[0] not in _PREFIXES:
        return None if mode is Open.SURE else Label(start, end, None, 0.0)
    if kind == "":
        return _bare(view, low, start, end, mode, around, left)
    return _qualified(low, start - more, end, kind, words, around)


def _secret(low: str, start: int, end: int, left: str, right: str, around: Surroundings) -> Label | None:
    """A password counts where it is for once, a meeting's or a locker's."""
    near = [kind for _, _, kind in qualifiers(left[-24:])]
    for kind in ("meeting", "pickup"):
        if kind in near:
            return Label(start, end, Kind(kind), 1.0)
    if ONCE.search(left[-24:]) or ONCE.search(right[:24]):
        return Label(start, end, Kind.CODE, 1.0)
    if IN_MEETING.search(low, max(0, start - 500), start):
        return Label(start, end, Kind.MEETING, 0.9)
    return Label(start, end, Kind.CODE, 0.8) if around.for_once else None


def _nearest(left: str, right: str) -> tuple[str, str, int, int]:
    """(kind, the words, distance, length of qualifiers that stand right before) of the qualifier nearest to a noun."""
    best: tuple[int, str, str] = (1_000, "", "")
    begin, last = len(left), -1
    for start, end, kind in qualifiers(left):
        away = len(left) - end
        if away <= _REACH_LEFT and away <= best[0]:
            if kind == "code" and best[1] == "pickup" and start - last <= _JOINED:
                kind = "pickup"  # 受取用暗証番号, locker access code
            best = (away, kind, left[start:end])
        begin = begin if last >= start - 1 else start
        last = end
    for start, end, kind in qualifiers(right):
        # What follows is a little further away than what stands before: "discount code to verify".
        away = start + 2
        if away < best[0] and away <= _REACH_RIGHT:
            best = (away, kind, right[start:end])
        break
    return best[1], best[2], best[0], len(left) - begin if len(left) - last <= 1 else 0


def _qualified(low: str, start: int, end: int, kind: str, words: str, around: Surroundings) -> Label:
    if kind == "other":
        return Label(start, end, None, 0.0)
    if kind != "code":
        return Label(start, end, Kind(kind), 1.0)
    if IN_MEETING.search(low, max(0, start - 300), start) and not around.signing_in:
        return Label(start, end, Kind.MEETING, 0.8)
    if words.startswith(("sign", "log")) and any(word in low[end : end + 40] for word in ("checkout", "redeem")):
        return Label(start, end, Kind.DISCOUNT, 0.8)  # "sign in to use code"
    if words.startswith(_CONFIRM) and around.booking and not around.signing_in:
        return Label(start, end, None, 0.0)
    if words.startswith("authori") and around.paid and not around.typed:
        return Label(start, end, None, 0.0)
    if low[:end].endswith(_PLURALS):
        return Label(start, end, Kind.CODE, PLURAL)
    if words == "security" and not around.signing_in and (around.trading or not ("your" in low or "account" in low)):
        return Label(start, end, Kind.CODE, 0.5)  # of a share
    if words in ("pin", "暗証") and around.booking and not around.signing_in:
        return Label(start, end, None, 0.0)
    return Label(start, end, Kind.CODE, 1.0)


def _bare(view: str, low: str, start: int, end: int, mode: Open, around: Surroundings, left: str) -> Label | None:
    if mode is Open.CLOSED:
        return Label(start, end, None, 0.0)
    if IN_MEETING.search(low, max(0, start - 300), start):
        return Label(start, end, Kind.MEETING, 0.8)
    if mode is Open.SURE:
        return Label(start, end, Kind.CODE, 1.0)
    if low.startswith("pin", start) and around.booking and not around.signing_in:
        return Label(start, end, None, 0.0)
    near = _STOP.split(low[max(0, start - 120) : start])[-1] + low[start:end]
    near += _STOP.split(low[end : end + 120], maxsplit=1)[0]
    if any(word in near for word in BUYING):
        return Label(start, end, Kind.DISCOUNT, 0.8)
    if any(word in near for word in SHOWN):
        return Label(start, end, None, 0.0)
    yours = _YOURS.search(left) is not None or low.startswith(_YOUR_ENDINGS, end - 4)
    if low.startswith("token", start) and not yours:
        return Label(start, end, None, 0.0)
    if mode is Open.WEAK and not yours and _is_of_something(view, start, end):
        return Label(start, end, Kind.CODE, 0.5)
    if around.signing_in:
        return Label(start, end, Kind.CODE, 0.85)
    if len(low) < (_SHORT if low.isascii() else _SHORT // 3):
        return Label(start, end, Kind.CODE, 0.65)
    return Label(start, end, Kind.CODE, 0.75 if yours else 0.5)

"""What a query asks for, as a tree (mail/query.py reads it)."""

from collections.abc import Mapping
from dataclasses import field

from mailapp.values import dataclass

FIELDS = ("from", "to", "cc", "subject", "body", "filename", "list", "code")
"""Operators whose value is words."""
STATES = ("unread", "read", "starred", "answered", "code", "link", "labelled")
"""What may be so of a message; code, link: it offers one to type, one to press (mail/code.py)."""
PEOPLE = ("from", "to", "cc")
"""Fields that hold people: several may be named with a comma between them."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words somewhere, or in one field."""

    field: str
    """One of FIELDS, "" for anywhere."""
    text: str
    exact: bool = False
    """Quoted: its last word is whole."""


@dataclass(frozen=True, slots=True)
class Is:
    state: str
    """One of STATES."""


@dataclass(frozen=True, slots=True)
class HasFiles:
    pass


@dataclass(frozen=True, slots=True)
class In:
    mailbox_id: int | None
    """None: anywhere."""


@dataclass(frozen=True, slots=True)
class Labelled:
    label_id: int


@dataclass(frozen=True, slots=True)
class Received:
    """Arrived in [low, high), ms since 1970 UTC."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """In [low, high) bytes."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Not:
    part: "Part"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple["Part", ...]


Part = Text | Is | HasFiles | In | Labelled | Received | Size | Not | All | Any


@dataclass(frozen=True, slots=True)
class Problem:
    """What of a query could not be understood."""

    kind: str
    """missing, date, age, size, state, thing, folder, label, unknown, quote, group, or, minus, nothing, long, terms,
    depth."""
    key: str = ""
    """The operator it is about, as it was typed."""
    value: str = ""
    """What was typed, or (unknown) the operator that may have been meant."""


@dataclass(frozen=True, slots=True)
class Places:
    """What in: and label: may name, by folded name."""

    folders: Mapping[str, "Part"] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    text: str
    part: Part | None
    """None: nothing of it can be searched for."""
    problems: tuple[Problem, ...] = ()


def joined(kind: type[All] | type[Any], parts: list[Part]) -> Part | None:
    """Several as one; None for none."""
    return (parts[0] if len(parts) == 1 else kind(tuple(parts))) if parts else None


def positive_texts(part: Part | None) -> list[Text]:
    """The words a message is found by: what is marked in it."""
    if isinstance(part, Text):
        return [part]
    if isinstance(part, All | Any):
        return [each for one in part.parts for each in positive_texts(one)]
    return []


def asks_for_states(part: Part | None) -> bool:
    """Whether what a search finds may change while the mail lies where it lies."""
    if isinstance(part, All | Any):
        return any(map(asks_for_states, part.parts))
    return asks_for_states(part.part) if isinstance(part, Not) else isinstance(part, Is | Labelled)

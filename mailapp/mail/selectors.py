"""What a rule of a letter's style sheet is for: selectors and media queries, written anew from what is known of them.

Classes and ids of a letter come out with a prefix, so that none can be one of ours, and every selector begins with the
element that holds the letter: nothing outside it is reached. "~" is left out: a browser looks at every element before
each, which takes it minutes where there are ten thousand, and letters use it for forms alone.
"""

import re
from collections.abc import Collection

from mailapp.mail.markup import names
from mailapp.values import dataclass

PREFIX = "m-"
ROOT = ".letter"
"""The element that holds a letter with a style sheet; stands for its <body>. No name of a letter begins like it."""
MAX_SELECTOR = 300
MAX_PARTS = 16
MAX_QUERIES = 6
_OF_COUNTING = 24
"""Steps for one :nth-child(): a browser counts."""
_OF_ANY = 4
_NOT_STYLED = names("details summary mark")
"""Elements that are ours as well: folded quotations, what was searched for."""
NOT_OURS = ":not(:where(details,summary,mark))"
"""Behind what is for any element. It weighs nothing among the letter's own rules."""
_PART = re.compile(
    r"(?P<name>[.#]-?[A-Za-z_][\w-]{0,80})"
    r"|\[class~?=[\"']?(?P<classes>[A-Za-z_][\w -]{0,80})[\"']?\]"
    r"|(?P<state>:(?:link|visited|hover|active|focus|(?:first|last|only)-(?:child|of-type)"
    r"|nth-(?:child|of-type)\(\s*(?:odd|even|\d{0,3}n?(?:\s*\+\s*\d{1,3})?)\s*\)))(?![\w(-])"
    r"|(?P<root>:root)(?![\w-])"
    r"|(?P<tag>\*|[A-Za-z][A-Za-z0-9]{0,20})"
    r"|(?P<between>\s*[>+]\s*|\s+)",
    re.ASCII,
)
_FEATURE = re.compile(
    r"\(\s*(?:((?:min|max)-(?:device-)?width)\s*:\s*(\d{1,5}(?:\.\d{1,3})?(?:px|em|rem))|prefers-color-scheme\s*:\s*(dark|light))\s*\)"
)
_TYPE = re.compile(r"(?:only\s+)?(?:screen|all)")


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector, ready to be written."""

    text: str
    is_root: bool
    """Whether it is the letter's <body> itself it is for."""
    is_link: bool
    """Whether it ends in links."""
    names: tuple[str, ...]
    """The letter's classes and ids in it, as they came: ".name" or "#name"."""
    work: int
    """Steps a browser takes for one element at most, about."""


@dataclass(frozen=True, slots=True)
class Media:
    """When a block of rules holds."""

    text: str
    """"" for always."""
    is_dark: bool
    """Whether it is for the dark."""


def selectors(text: str, allowed: Collection[str], body: Collection[str]) -> list[Selector]:
    """The selectors of a list that are understood. `allowed` are elements, `body` the names the <body> bears."""
    found = (_selector(one.strip(), allowed, body) for one in text.split(",")[:100] if len(one) <= MAX_SELECTOR)
    return [each for one in found for each in one]


def media(text: str) -> Media | None:
    """The condition of an @media block; None where it is not understood or never holds on a screen."""
    found = [_query(one.strip().lower()) for one in text.split(",")[:MAX_QUERIES]]
    known = [one for one in found if one is not None]
    if not known:
        return None
    if any(one.is_dark for one in known):
        dark_only = all(one.is_dark for one in known) and not any(one.text for one in known)
        return Media("", True) if dark_only else None
    return Media("" if any(not one.text for one in known) else ",".join(one.text for one in known), False)


def _query(text: str) -> Media | None:
    conditions, is_dark = [], False
    pieces = [one.strip() for one in re.split(r"\band\b", text)]
    for number, piece in enumerate(pieces):
        feature = _FEATURE.fullmatch(piece)
        if feature is None:
            if number or not _TYPE.fullmatch(piece):
                return None
        elif feature[3]:
            is_dark = feature[3] == "dark"  # the light of a screen is what holds anyway
        else:
            conditions.append(f"({feature[1]}:{feature[2]})")
    return Media(" and ".join(conditions), is_dark)


def _selector(text: str, allowed: Collection[str], body: Collection[str]) -> list[Selector]:
    """A selector for what lies in the letter, and where its first part may be the <body>, one for that too."""
    cut = _cut(text)
    if not cut:
        return []
    first, rest = cut[0], cut[1:]
    tag, named = _tag(first), _names(first)
    found: list[str] = []
    if tag in ("html", "body", ":root"):
        if tag != "body" and rest and _tag(rest[1]) == "body":  # html body ...
            first, rest = rest[1], rest[2:]
            named = _names(first)
        if set(named) <= set(body) or tag != "body":
            found.append(ROOT)
    else:
        if _may(first, allowed):
            found.append(f"{ROOT} {_written(first)}")
        if named and tag in ("", "*") and set(named) <= set(body):
            found.append(ROOT + _written([one for one in first if one != "*"]))
    if rest and rest[0][0] == "+":
        found = [one for one in found if one.startswith(f"{ROOT} ")]  # what follows the letter is ours
    compounds = rest[1::2]
    if not found or not all(_may(one, allowed) for one in compounds):
        return []
    tail = "".join(_between(rest[n]) + _written(rest[n + 1]) for n in range(0, len(rest), 2))
    all_names = (*named, *(name for one in compounds for name in _names(one)))
    last = _tag(compounds[-1] if compounds else first)
    at_root = [not rest and not one.startswith(f"{ROOT} ") for one in found]
    link = last == "a" or any(name.startswith(".MsoHyperlink") for name in all_names)
    parts = _written(first) + tail
    work = 2 + len(cut) + _OF_COUNTING * parts.count(":nth-") + _OF_ANY * parts.count(NOT_OURS)
    return [Selector(one + tail, root, link, all_names, work) for one, root in zip(found, at_root, strict=True)]


def _cut(text: str) -> list[list[str]]:
    """Compounds (lists of parts) with what stands between them, which is a list of one; [] where it is not known."""
    out: list[list[str]] = [[]]
    at, parts = 0, 0
    while at < len(text):
        part = _PART.match(text, at)
        parts += 1
        if part is None or parts > MAX_PARTS:
            return []
        at = part.end()
        if part["between"] is not None:
            if not out[-1]:
                return []
            out += [[part["between"].strip()], []]
        elif part["classes"]:
            out[-1] += [f".{one}" for one in part["classes"].split()]
        elif part["tag"] or part["root"]:
            if out[-1]:
                return []
            out[-1].append(part[0].lower())
        else:
            out[-1].append(part[0])
    return out if out[-1] else []


def _tag(compound: list[str]) -> str:
    return compound[0] if compound[0][0] not in ".#:" or compound[0] == ":root" else ""


def _names(compound: list[str]) -> list[str]:
    return [one for one in compound if one[0] in ".#"]


def _may(compound: list[str], allowed: Collection[str]) -> bool:
    tag = _tag(compound)
    return tag in ("", "*") or (tag in allowed and tag not in _NOT_STYLED)


def _written(compound: list[str]) -> str:
    text = "".join(f"{one[0]}{PREFIX}{one[1:]}" if one[0] in ".#" else one for one in compound)
    return text if _tag(compound) not in ("", "*") or _names(compound) else text + NOT_OURS


def _between(part: list[str]) -> str:
    return part[0] or " "

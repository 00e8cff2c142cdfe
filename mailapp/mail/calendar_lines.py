"""iCalendar cut into lines and components (RFC 5545 3.1, 3.2, 3.6; RFC 6868). Never raises, linear, bounded."""

import re
from collections.abc import Iterator
from dataclasses import field

from mailapp.mail.charsets import clean
from mailapp.values import dataclass

MAX_TEXT = 262_144
"""Characters that are read."""
MAX_LINES = 10_000
MAX_COMPONENTS = 500
MAX_DEPTH = 6
MAX_PROPERTIES = 1_000
"""Of one component; further ones are left out."""
_LINE = re.compile(r"([A-Za-z0-9-]{1,64})((?:;(?>(?:\"[^\"]*+\"|[^\":])*))?):(.*)", re.DOTALL)
_PARAMETER = re.compile(r";\s*([A-Za-z0-9-]{1,64})\s*=((?>(?:\"[^\"]*+\"|[^\";])*))")
_FOLD = re.compile(r"\n[ \t]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CARET = re.compile(r"\^(.)")
_CARETS = {"n": "\n", "^": "^", "'": '"'}


@dataclass(frozen=True, slots=True)
class Property:
    value: str
    """As it came: escapes are undone by `text_of` alone."""
    parameters: dict[str, str]
    """Names in upper case."""


@dataclass(slots=True)
class Component:
    """BEGIN:NAME ... END:NAME."""

    name: str
    properties: dict[str, list[Property]] = field(default_factory=dict)
    """By name in upper case, in the order of the text."""
    children: list["Component"] = field(default_factory=list)
    size: int = 0
    """Properties kept."""

    def first(self, name: str) -> Property | None:
        found = self.properties.get(name)
        return found[0] if found else None

    def text(self, name: str, limit: int) -> str:
        """The first property of that name as text, "" where there is none."""
        found = self.first(name)
        return text_of(found.value, limit) if found else ""


def components(text: str) -> Component:
    """The components of a calendar below a root without a name. What cannot be read is left out."""
    root = Component("")
    stack = [root]
    depth, made = 0, 0
    for name, parameters, value in _lines(text):
        if name == "BEGIN":
            depth += 1
            if depth <= MAX_DEPTH and made < MAX_COMPONENTS and depth == len(stack):
                made += 1
                child = Component(value.strip().upper()[:64])
                stack[-1].children.append(child)
                stack.append(child)
        elif name == "END":
            if depth and depth < len(stack):
                stack.pop()
            depth = max(0, depth - 1)
        elif depth == len(stack) - 1:
            here = stack[-1]
            if here.size < MAX_PROPERTIES:
                here.size += 1
                here.properties.setdefault(name, []).append(Property(value, parameters))
    return root


def text_of(value: str, limit: int) -> str:
    """A value of type TEXT, escapes undone (RFC 5545 3.3.11), at most `limit` characters."""
    value = _ESCAPE.sub(lambda one: "\n" if one[1] in "nN" else one[1], value[: limit * 2])
    return clean(value)[:limit].strip()


def _lines(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    text = _FOLD.sub("", clean(text[:MAX_TEXT]).replace("\r\n", "\n").replace("\r", "\n"))
    for line in text.split("\n", MAX_LINES)[:MAX_LINES]:
        found = _LINE.match(line.strip())
        if found is None:
            continue
        name, parameters, value = found.groups()
        yield name.upper(), _parameters(parameters) if parameters else {}, value


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _PARAMETER.findall(text[:4_096]):
        plain = value.strip().replace('"', "")[:500]
        found.setdefault(name.upper(), _CARET.sub(lambda one: _CARETS.get(one[1], one[0]), plain))
    return found

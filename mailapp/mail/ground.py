"""What a letter's <body> says: that element goes, its colours and the manner of its words stay, on a wrapper."""

import re
from collections.abc import Collection, Mapping
from html import escape
from itertools import islice

from mailapp.mail.colours import is_white, usual
from mailapp.mail.css import safe_style
from mailapp.mail.markup import tokens, unescape
from mailapp.mail.selectors import PREFIX, ROOT
from mailapp.mail.style_sheets import MANNER
from mailapp.mail.tidy import parsed
from mailapp.values import dataclass

_BODY = re.compile(r"<body[\s/]", re.IGNORECASE)
_AMONG = 500
"""Tags among which it is looked for; comments, scripts and styles are none."""
_LONGEST = 4_096
"""Characters of its attributes that are read."""
_COLOURS = ("background-color", "color")


@dataclass(frozen=True, slots=True)
class Body:
    """A letter's <body>."""

    colours: Mapping[str, str]
    manner: Mapping[str, str]
    """How its words are set."""
    names: frozenset[str] = frozenset()
    """Its classes and its id: ".name", "#name"."""


def body_of(html: str) -> Body:
    """What a letter's first <body> says, nothing where there is none. Never raises."""
    if _BODY.search(html) is None:
        return Body({}, {})  # what the look at every tag is saved by
    bodies = (found for name, closing, found, _ in islice(tokens(html), _AMONG) if name == "body" and not closing)
    attributes = {name: unescape(value) for name, value in parsed(next(bodies, "")[:_LONGEST]).items()}
    said = f"background-color:{_first(attributes, 'bgcolor')};color:{_first(attributes, 'text')}"
    style = dict(_declared(safe_style(attributes.get("style", ""))))
    colours = dict(_declared(safe_style(said))) | {name: style[name] for name in _COLOURS if name in style}
    own = [f".{one}" for one in attributes.get("class", "").split()[:20]]
    own += [f"#{attributes['id'].strip()}"] if attributes.get("id", "").strip() else []
    return Body(colours, {name: value for name, value in style.items() if name in MANNER}, frozenset(own))


def ground(body: Body, sheet: Mapping[str, str], *, bare: bool = False) -> str:
    """The style of the wrapper, "" for none: how words are set, and the letter's own ground with the colour of the text
    on it, where that ground is not white: white is what the page has anyway. `sheet` is what the style sheet says of
    the <body>; with `bare` no colours are kept."""
    colours = {name: sheet[name] for name in _COLOURS if name in sheet} | dict(body.colours)
    manner = {name: value for name, value in sheet.items() if name in MANNER} | dict(body.manner)
    if bare or is_white(colours.get("background-color", "none")):
        painted = not bare and colours.get("background-color", "").lower().startswith(("#f", "white", "rgb("))
        colours = {"color": colours["color"]} if painted and "color" in colours else {}
    return ";".join(f"{name}:{colours[name]}" for name in _COLOURS if name in colours) + "".join(
        f"{';' if number or colours else ''}{name}:{value}" for number, (name, value) in enumerate(manner.items())
    )


def is_on_black(style: str) -> bool:
    """Whether the ground of a wrapper is black, or as good as black."""
    return usual(dict(_declared(style)).get("background-color", "white")) == ""


def on_ground(html: str, style: str, body: Body, styled: Collection[str] | None) -> str:
    """HTML that is closed in itself, on such a ground; `styled` are the names its style sheet speaks of, None where it
    has none."""
    if styled is None:
        return f'<main style="{escape(style)}">{html}</main>' if style else html
    own = [f"{PREFIX}{one[1:]}" for one in sorted(body.names) if one[0] == "." and one in styled]
    names = next((f' id="{PREFIX}{one[1:]}"' for one in body.names if one[0] == "#" and one in styled), "")
    shown = f' style="{escape(style)}"' if style else ""
    return f'<main class="{" ".join((ROOT[1:], *own))}"{names}{shown}>{html}</main>'


def _first(attributes: dict[str, str], name: str) -> str:
    """The value of an attribute that can hold one declaration only."""
    value = attributes.get(name, "").partition(";")[0].strip()
    return f"#{value}" if re.fullmatch(r"[0-9a-fA-F]{6}", value) else value


def _declared(style: str) -> list[tuple[str, str]]:
    declarations = (one.partition(":") for one in style.split(";"))
    return [(name, value) for name, _, value in declarations if value]

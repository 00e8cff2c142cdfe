"""The ground a letter's <body> gives it: that element does not survive, its colours go on a wrapper."""

import re
from html import escape
from itertools import islice

from mailapp.mail.css import safe_style
from mailapp.mail.markup import tokens, unescape
from mailapp.mail.tidy import parsed

_BODY = re.compile(r"<body[\s/]", re.IGNORECASE)
_AMONG = 500
"""Tags among which it is looked for; comments, scripts and styles are none."""
_LONGEST = 4_096
"""Characters of its attributes that are read."""
_NONE = re.compile(
    r"#?(?:f{3}|f{6}|fefefe|f{8})|white|transparent|inherit|initial|none|"
    r"rgba?\(\s*255\s*,\s*255\s*,\s*255\s*(?:,[^)]*)?\)|rgba\([^)]*,\s*0\s*\)",
    re.IGNORECASE,
)
"""White is what the page has anyway: such a letter may take the reader's colours in the dark."""


def ground(html: str) -> str:
    """The style of a letter's own ground with the colour of the text on it, "" where it has none. Never raises."""
    if _BODY.search(html) is None:
        return ""  # what the look at every tag is saved by
    bodies = (found for name, closing, found, _ in islice(tokens(html), _AMONG) if name == "body" and not closing)
    attributes = {name: unescape(value) for name, value in parsed(next(bodies, "")[:_LONGEST]).items()}
    said = f"background-color:{_first(attributes, 'bgcolor')};color:{_first(attributes, 'text')}"
    colours = _colours(safe_style(said)) | _colours(safe_style(attributes.get("style", "")))
    if _NONE.fullmatch(colours.get("background-color", "none").replace("!important", "").strip()):
        return ""
    return ";".join(f"{name}:{value}" for name, value in colours.items())


def on_ground(html: str, style: str) -> str:
    """HTML that is closed in itself, on such a ground."""
    return f'<main style="{escape(style)}">{html}</main>' if style else html


def _first(attributes: dict[str, str], name: str) -> str:
    """The value of an attribute that can hold one declaration only."""
    value = attributes.get(name, "").partition(";")[0].strip()
    return f"#{value}" if re.fullmatch(r"[0-9a-fA-F]{6}", value) else value


def _colours(style: str) -> dict[str, str]:
    declarations = (one.partition(":") for one in style.split(";"))
    return {name: value for name, _, value in declarations if name in ("background-color", "color")}

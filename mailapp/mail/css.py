"""Inline styles: what of a declaration list is harmless (CSS Syntax Level 3).

Escapes and comments are undone BEFORE anything is judged, and the result is written anew from what passed.
"""

import re

from mailapp.mail.markup import names

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f]?|(.)|\Z)", re.DOTALL)
_BALANCED = re.compile(r"[^()]*+(?:\([^()]*+\)[^()]*+)*")
"""A parenthesis left open would swallow the rules of a style sheet that follow; colours hold none within another."""
_FUNCTION = re.compile(r"([a-z-]*)\s*\(")
_FUNCTIONS = {"rgb", "rgba", "hsl", "hsla"}
# No backslash, quote, colon, at sign, angle bracket or brace: nothing that could start another thing.
_VALUE = re.compile(r"[\w\s#%.,+/()!-]{1,300}")
_FAMILY = re.compile(r"""(?:"[\w .+-]{1,80}"|'[\w .+-]{1,80}'|[\w .+!-]{1,80})""")
_FONT = re.compile(r"""(?:[\w\s#%.,+/!-]|"[\w .-]{1,80}"|'[\w .-]{1,80}'){1,300}""")
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\([\d\s.,%/]{1,60}\)|\b[a-z]{3,24}\b", re.IGNORECASE)
_NOT_COLOURS = names("url none repeat scroll fixed local center top left right bottom cover contain auto")
_NUMBER = re.compile(r"(?<![\w#.])(\d+)(?:\.\d*)?(e\+?\d)?([a-z%]*)", re.IGNORECASE)
_LONGEST_LENGTH = {"px": 4, "pt": 4}
"""Digits before the point; of other units and bare numbers three, and font-weight goes to 1000."""
_OF_WINDOW = re.compile(r"\d(?:[dls]?v(?:h|w|b|i|min|max)|cq\w{1,3})\b", re.IGNORECASE)
"""Lengths by the window: the frame is as tall as its letter, so one would make the other grow for ever."""
_FORBIDDEN = re.compile(r"url|image\s*\(|expression|javascript", re.IGNORECASE)
MAX_STYLE = 8_192
"""Characters of one style attribute; a longer one is dropped."""
MAX_DECLARATIONS = 100

PROPERTIES = names(
    """color background-color font font-family font-size font-style font-weight font-variant font-stretch line-height
    letter-spacing word-spacing text-align text-align-last text-decoration text-decoration-line text-decoration-color
    text-decoration-style text-indent text-transform text-overflow text-underline-offset vertical-align white-space
    word-break word-wrap overflow-wrap hyphens direction unicode-bidi tab-size line-break text-justify
    margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom
    padding-left border border-color border-style border-width border-top border-top-color border-top-style
    border-top-width border-right border-right-color border-right-style border-right-width border-bottom
    border-bottom-color border-bottom-style border-bottom-width border-left border-left-color border-left-style
    border-left-width border-radius border-top-left-radius border-top-right-radius border-bottom-left-radius
    border-bottom-right-radius border-collapse border-spacing width height min-width min-height max-width max-height
    display float clear table-layout empty-cells caption-side box-sizing opacity visibility overflow overflow-x
    overflow-y list-style-type aspect-ratio object-fit"""
)


def safe_style(style: str) -> str:
    """The harmless declarations of a style attribute (entities already undone), "" for none."""
    if len(style) > MAX_STYLE:
        return ""
    if "/*" in style:
        style = _COMMENT.sub("", style)
    if "\\" in style:
        style = _ESCAPE.sub(_character, style)
        if "/*" in style:
            return ""
    kept: list[str] = []
    for declaration in style.split(";")[:MAX_DECLARATIONS]:
        name, colon, value = declaration.partition(":")
        if colon:
            one = _declaration(name.strip().lower(), value.strip())
            if one:
                kept.append(one)
    return ";".join(kept)


def _character(escape: re.Match[str]) -> str:
    if escape[1]:
        code = int(escape[1], 16)
        return chr(code) if 31 < code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"
    return "" if escape[2] in (None, "\n", "\r", "\f") else escape[2]


def _declaration(name: str, value: str) -> str:
    if name == "background":
        return _background(value)
    if name not in PROPERTIES or not value or _FORBIDDEN.search(value):
        return ""
    if (name != "font-weight" and _is_huge(value)) or _OF_WINDOW.search(value):
        return ""
    if name == "font-family":
        # One name at a time: a single pattern for the list would try the blanks between them in every way.
        fits = len(value) < 1000 and all(_FAMILY.fullmatch(one.strip()) for one in value.split(","))
        return f"{name}:{_one_line(value)}" if fits else ""
    if not _VALUE.fullmatch(value):
        if name != "font" or not _FONT.fullmatch(value):
            return ""
    elif "(" in value or ")" in value:
        lowered = value.lower()
        if not _BALANCED.fullmatch(lowered):
            return ""
        if any(function not in _FUNCTIONS for function in _FUNCTION.findall(lowered)):
            return ""
    return f"{name}:{_one_line(value)}"


def _is_huge(value: str) -> bool:
    """Whether a length in it belongs to no letter: 10,000 px and more, 1,000 of anything larger."""
    for whole, power, unit in _NUMBER.findall(value):
        if power or (len(whole) > 3 and len(whole.lstrip("0")) > _LONGEST_LENGTH.get(unit.lower(), 3)):
            return True
    return False


def _background(value: str) -> str:
    """Of the shorthand only the colour is kept."""
    bare = re.sub(r"url\s*\([^)]*\)?", " ", value, flags=re.IGNORECASE)
    if _FORBIDDEN.search(bare):
        return ""
    for colour in _COLOUR.findall(bare):
        if colour.lower() not in _NOT_COLOURS and not colour.lower().startswith(("no-", "repeat")):
            return f"background-color:{_one_line(colour)}{'!important' if '!important' in bare.lower() else ''}"
    return ""


def _one_line(value: str) -> str:
    return " ".join(value.split())

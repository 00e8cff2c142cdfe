"""Colours every page has: black and grey words on a white ground. A letter with no others is shown in the reader's."""

import re

_WHITE = re.compile(
    r"#?(?:f{3}|f{6}|fefefe|f{8})|white|transparent|inherit|initial|unset|none|window|"
    r"rgba?\(\s*255\s*,\s*255\s*,\s*255\s*(?:,[^)]*)?\)|rgba\([^)]*,\s*0\s*\)"
)
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,\s*1(?:\.0*)?\s*)?\)")
_BLACK = frozenset(("black", "windowtext", "inherit", "initial", "unset", "currentcolor", "canvastext"))
_DARKEST = 0x40
"""Of each of red, green and blue: #222 and #333 are how mailers write black."""
_GREYEST = 0xA0
"""The same of what is written small below a letter."""
MUTED = "var(--muted)"
"""Grey as the frame paints it, in the light and in the dark."""
_SAID = re.compile(
    r"(background(?:-color)?|bgcolor|color|\btext)\s*+(?:(:)\s*+([^;\"'>}]{1,80})|=\s*+[\"']?([^\"'>]{1,80}))"
)
_OF_MAILERS = frozenset(("#efefef", "rgb(239, 239, 239)"))
"""Grounds QQ Mail and Foxmail put behind the head of what they quote."""
_TAG_LONGEST = 4_096
MAX_LOOKED = 262_144
"""Characters; a longer letter is taken for one with colours."""


def is_white(value: str) -> bool:
    """Whether a ground is white or none at all."""
    return _WHITE.fullmatch(_bare(value)) is not None


def usual(value: str) -> str | None:
    """How a colour of words that every page has is written in a letter that has no others: "" for black, MUTED for
    grey, itself for none at all; None for any other."""
    bare = _bare(value)
    if bare in _BLACK:
        return ""
    if bare == "transparent":
        return bare
    found = _HEX.fullmatch(bare)
    if found:
        digits = found[1] if len(found[1]) == 6 else "".join(one * 2 for one in found[1])
        parts = [int(digits[n : n + 2], 16) for n in (0, 2, 4)]
    else:
        rgb = _RGB.fullmatch(bare)
        if rgb is None:
            return None
        parts = [int(one) for one in rgb.groups()]
    if max(parts) - min(parts) > 16 or max(parts) > _GREYEST:
        return None
    return "" if max(parts) <= _DARKEST else MUTED


def without_colours(style: str) -> str:
    """What `css.safe_style` wrote for such a letter, without the grounds and with the words in the reader's colours."""
    kept = []
    for one in style.split(";"):
        if one.startswith("color:"):
            said = usual(one[6:])
            if said:
                kept.append(f"color:{said}")
        elif not one.startswith("background-color:"):
            kept.append(one)
    return ";".join(kept)


def is_bare(markup: str) -> bool:
    """Whether a letter's tags say no colours but black and white; style sheets and comments are cut out. Linear."""
    if len(markup) > MAX_LOOKED:
        return False
    lowered = markup.lower()
    return all(_is_usual(found) or not _counts(lowered, found) for found in _SAID.finditer(lowered))


def _is_usual(found: re.Match[str]) -> bool:
    name, colon, declared, value = found.groups()
    said = declared.strip() if colon else value.strip().partition(" ")[0]
    if name in ("color", "text"):
        return usual(said) is not None or (name == "text" and colon is not None)
    return is_white(said) or _bare(said) in _OF_MAILERS


def _counts(lowered: str, found: re.Match[str]) -> bool:
    """Whether a colour stands in a tag, and is that of words or a ground: not of a border, nor of a line."""
    at = found.start()
    if lowered[at - 1 : at] == "-":
        return False
    start = lowered.rfind("<", max(0, at - _TAG_LONGEST), at)
    if start < 0 or lowered.find(">", start, at) >= 0:
        return False  # the letter speaks of it
    return not (lowered.startswith("<hr", start) and found[2] is None)


def _bare(value: str) -> str:
    return value.lower().replace("!important", "").strip()

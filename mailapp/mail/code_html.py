"""What of a message's HTML can be seen, stricter than html_text: also what colour or size hides is left out."""

import re
from collections.abc import Iterator
from itertools import islice

from mailapp.mail.code_shapes import folded
from mailapp.mail.html_text import BREAK, ITEM, flat, tidy
from mailapp.mail.markup import ATTRIBUTES, VOID, tokens, unescape

_MAX_ATTRIBUTES = 4_096
_MAX_DEPTH = 400
"""Open elements that are kept; deeper ones look like the one they are in."""
_MAX_BACK = 40
"""Open elements an end tag may close at once."""
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|(?<![\w-])opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|(?<![\w-])max-height\s*:\s*0(?![.\d]*[1-9])|text-indent\s*:\s*-\d{3}|left\s*:\s*-\d{3}|(?:^|\s)hidden(?=$|"
    r"[\s=])"
)
_FLAT = re.compile(r"(?<![\w-])height\s*:\s*0(?:px)?\s*;")
_CUT = re.compile(r"overflow\s*:\s*hidden")
_SIZE = re.compile(r"font-size\s*:\s*(\d+(?:\.\d+)?|\.\d+)\s*(px|pt|em|rem|%)?")
_TINY = {"px": 2.0, "pt": 2.0, "em": 0.15, "rem": 0.15, "%": 15.0, "": 2.0}
"""Sizes below these cannot be read."""
_ONE_COLOUR = r"(#[0-9a-f]{3,8}\b|white|black|transparent|rgba?\([\d\s.,%]{1,40}\))"
_COLOUR = re.compile(rf"(?<![\w-])color\s*[:=]\s*[\"']?\s*{_ONE_COLOUR}")
_GROUND = re.compile(r"background(?:-color)?\s*:([^;\"']{0,80})|bgcolor\s*=\s*([^>]{0,24})")
_PAINT = re.compile(_ONE_COLOUR)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]{1,4000})"|'([^']{1,4000})'|([^\s"'>]{1,4000}))""", re.IGNORECASE)
_LINK = re.compile(rf"<[aA](?=[\s/])({ATTRIBUTES})>")
_END_OF_LINK = re.compile(r"</?[aA](?=[\s/>])")
_MAX_LINK = 2_000
"""Characters from the beginning of a link in which its end is looked for."""
_MAX_WORDS = 200
_LOOSE = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff|·•-]+")
_NAMES = {"white": "#ffffff", "black": "#000000"}
_UNKNOWN = "?"
_AT_ONCE = 64
"""Tags, each with its text, that are read before what they show is looked at."""
MAX_TAGS = 300
"""Of a page, in order: mail that brings a code or a link to press has a few hundred."""
MAX_SHOWN = 12_000
"""Characters of a page that are read as text."""
_REFERENCE = 30
"""Characters that take no longer to read than one character reference."""
MAX_LINKS = 60
_TAGS = re.compile(r"(?>(?:<[^<>]*+>(?>(?:\s|&nbsp;)*))+)")
_MAX_TAG_RUNS = 400
_MAX_ROUGH = 8_000
BORDER = "\x1f"


class _Look:
    """What an element passes on to those within it."""

    __slots__ = ("colour", "ground", "hides", "inner", "tiny")

    def __init__(self, tiny: bool = False, colour: str = "#000000", ground: str = "#ffffff") -> None:
        self.tiny = tiny
        self.colour = colour
        self.ground = ground
        self.hides = tiny or colour in ("transparent", ground)
        self.inner: dict[str, _Look | None] = {}
        """By their attributes, how elements within look."""


def visible_text(html: str) -> str:
    """The text of HTML as html_text makes it, without what its style makes invisible; of MAX_TAGS tags at most."""
    out: list[str] = []
    room = MAX_SHOWN
    for name, closing, text in islice(_visible(html), MAX_TAGS):
        if name in BREAK:
            out.append(ITEM if name == "li" and not closing else BREAK[name])
        if text:
            text = text[:room]
            room -= len(text) + _REFERENCE * text.count("&")
            out.append(flat(text))
            if room <= 0:
                break
    return tidy("".join(out))


def rough_text(html: str) -> str:
    """The text of the beginning of HTML with BORDER for each run of tags, hidden text and styles included: quickly."""
    pieces = _TAGS.split(html, _MAX_TAG_RUNS)
    text = BORDER.join(pieces[:_MAX_TAG_RUNS])[:_MAX_ROUGH]
    return unescape(text) if text.count("&") <= _MAX_ROUGH // _REFERENCE else text


class Seen:
    """What of HTML can be seen, read no further than to what is asked for, and nothing twice."""

    def __init__(self, html: str) -> None:
        self._pieces = _visible(html)
        self._read = 0
        self._text = ""

    def shows(self, value: str) -> bool:
        """Whether a value (without blanks and hyphens, folded) can be seen, or may be further on than MAX_TAGS."""
        begin = 0
        while self._text.find(value, begin) < 0:
            if self._read >= MAX_TAGS or len(self._text) >= MAX_SHOWN:
                return True
            begin = max(0, len(self._text) - len(value))
            pieces = list(islice(self._pieces, _AT_ONCE))
            if not pieces:
                return False
            self._read += len(pieces)
            text = "\n".join([text for _, _, text in pieces if text])[:MAX_SHOWN]
            if text.count("&") <= MAX_SHOWN // _REFERENCE:
                text = unescape(text)
            self._text += _LOOSE.sub("", folded(text))
        return True


def _visible(html: str) -> Iterator[tuple[str, bool, str]]:
    """(tag name, whether it is an end tag, text after it) without the hidden; an element that never ends hides
    nothing.
    """
    hidden, depth = "", 0
    kept: list[str] = []
    styled = "<style" in html or "<STYLE" in html
    open_: list[tuple[str, _Look]] = []
    plain = look = _Look()
    for name, closing, attributes, text in tokens(html):
        if hidden:
            if name == hidden:
                depth += -1 if closing else 1
            kept.append(text)
            if depth > 0:
                continue
            hidden = ""
            kept.clear()
        elif closing:
            if open_ and open_[-1][0] == name:
                open_.pop()
            else:
                _close(open_, name)
            look = open_[-1][1] if open_ else plain
        elif name and name not in VOID:
            if attributes:
                inner = look.inner.get(attributes, look)
                if inner is look:
                    inner = look.inner[attributes] = _look(attributes[:_MAX_ATTRIBUTES].lower(), look, styled)
                if inner is None:
                    hidden, depth = name, 1
                    kept = [text]
                    continue
                look = inner
            if len(open_) < _MAX_DEPTH:
                open_.append((name, look))
        yield name, closing, "" if look.hides else text
    yield from (("", False, text) for text in kept)


def _close(open_: list[tuple[str, _Look]], name: str) -> None:
    for back in range(1, min(len(open_), _MAX_BACK) + 1):
        if open_[-back][0] == name:
            del open_[-back:]
            return


def _look(low: str, look: _Look, styled: bool) -> _Look | None:
    """How text looks in an element with these attributes; None where it is hidden with all that is in it."""
    if not ("style" in low or "color" in low or "hidden" in low or (styled and "class" in low)):
        return look
    low = " ".join(low.split())  # a run of blanks costs what one does
    if _HIDING.search(low) or ((flat := _FLAT.search(low)) and _CUT.search(low, flat.end())):
        return None
    tiny, ground, colour = look.tiny, look.ground, look.colour
    if "size" in low and (size := _SIZE.search(low)):
        tiny = float(size[1]) < _TINY[size[2] or ""]
    if "background" in low or "bgcolor" in low:
        painted = (_PAINT.search(one[1] or one[2]) for one in _GROUND.finditer(low))
        ground = next((_colour(one[1]) for one in painted if one), _UNKNOWN)
    elif styled and "class" in low:
        ground = _UNKNOWN  # the style sheet may paint it
    if "color" in low and (own := _COLOUR.search(low)):
        colour = _colour(own[1])
    same = (tiny, ground, colour) == (look.tiny, look.ground, look.colour)
    return look if same else _Look(tiny, colour, ground)


def _colour(value: str) -> str:
    value = _NAMES.get(value, value)
    if len(value) == 4 and value[0] == "#":
        value = "#" + "".join(one * 2 for one in value[1:])
    return "".join(value.split())


def links(html: str) -> Iterator[tuple[str, str]]:
    """(address, words) of the links of HTML, at most MAX_LINKS."""
    at = 0
    for _ in range(MAX_LINKS):
        found = _LINK.search(html, at)
        if found is None:
            return
        at = found.end()
        href = _HREF.search(found[1][:8_192])
        if href is not None:
            words = _TAGS.sub("", _END_OF_LINK.split(html[at : at + _MAX_LINK], 1)[0])[:_MAX_WORDS]
            yield unescape(next(filter(None, href.groups()))).strip(), " ".join(unescape(words).split())

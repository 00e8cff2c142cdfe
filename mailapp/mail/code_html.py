"""What of a message's HTML can be seen, stricter than html_text: also what colour or size hides is left out."""

import re
from collections.abc import Iterator

from mailapp.mail.html_text import html_to_text
from mailapp.mail.markup import VOID, tokens, unescape

_MAX_ATTRIBUTES = 4_096
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|(?<![\w-])(?:max-)?(?:height|"
    r"width)\s*:\s*0(?:px)?\s*(?:;|!|\"|'|$)"
    r"|(?<![\w-])opacity\s*:\s*0(?![.\d]*[1-9])|font-size\s*:\s*[01](?![.\d])|font-size\s*:\s*0?\.\d|"
    r"color\s*:\s*transparent"
    r"|text-indent\s*:\s*-\d{3}|left\s*:\s*-\d{3}|(?:^|\s)hidden(?=$|[\s=])"
)
_COLOUR = re.compile(r"(?<![\w-])color\s*:\s*(#[0-9a-f]{3,8}|white|black|rgba?\([\d\s.,%]{1,40}\))")
_GROUND = re.compile(
    r"background(?:-color)?\s*:\s*(#[0-9a-f]{3,8}|white|black|rgba?\([\d\s.,%]{1,40}\))|"
    r"bgcolor\s*=\s*[\"']?(#[0-9a-f]{3,6}|white|black)"
)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]{1,4000})"|'([^']{1,4000})'|([^\s"'>]{1,4000}))""", re.IGNORECASE)
_NAMES = {"white": "#ffffff", "black": "#000000"}
MAX_LINKS = 200


def visible_text(html: str) -> str:
    """The text of HTML as html_text makes it, without what its style makes invisible."""
    if not html:
        return ""
    return html_to_text("".join(_visible(html)))


def _visible(html: str) -> Iterator[str]:
    """The HTML without elements that are hidden; one that never ends hides nothing."""
    hidden, depth = "", 0
    kept: list[str] = []
    ground = "#ffffff"
    for name, closing, attributes, text in tokens(html):
        if hidden:
            if name == hidden:
                depth += -1 if closing else 1
            kept.append(text)
            if depth > 0:
                continue
            hidden = ""
            kept.clear()
            yield text
            continue
        if attributes and not closing and name not in VOID:
            low = attributes[:_MAX_ATTRIBUTES].lower()
            own = _GROUND.search(low) if "background" in low or "bgcolor" in low else None
            if own is not None:
                ground = _colour(own[1] or own[2])
            if "style" in low and (_HIDING.search(low) or _is_drowned(low, ground)):
                hidden, depth = name, 1
                kept = [text]
                continue
        yield f"<{'/' if closing else ''}{name}{attributes}>{text}" if name else text
    if hidden:
        yield from kept


def _is_drowned(low: str, ground: str) -> bool:
    """Text in the colour of its own ground."""
    found = _COLOUR.search(low) if "color" in low else None
    return found is not None and _colour(found[1]) == ground and _GROUND.search(low) is None and ground == "#ffffff"


def _colour(value: str) -> str:
    value = _NAMES.get(value, value)
    if len(value) == 4 and value[0] == "#":
        value = "#" + "".join(one * 2 for one in value[1:])
    return "".join(value.split())


def links(html: str) -> Iterator[tuple[str, str]]:
    """(address, words) of the links of HTML, at most MAX_LINKS."""
    href, words, count = "", "", 0
    for name, closing, attributes, text in tokens(html):
        if name == "a":
            if href:
                yield href, " ".join(unescape(words).split())
                count += 1
                if count >= MAX_LINKS:
                    return
            found = None if closing else _HREF.search(attributes[:8_192])
            href, words = (unescape(next(filter(None, found.groups()))).strip() if found else ""), ""
        if href and len(words) < 200:
            words += text[:200]
    if href:
        yield href, " ".join(unescape(words).split())

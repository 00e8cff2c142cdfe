"""HTML our own people write or quote, before it leaves: what `sanitize` does for letters that come in.

The editor is a browser, and a browser can be made to send anything.
"""

import re
from collections.abc import Callable
from functools import cache
from html import escape

from mailapp.mail.charsets import clean
from mailapp.mail.css import PROPERTIES, safe_style
from mailapp.mail.draft import MAX_HTML
from mailapp.mail.html_text import html_to_text
from mailapp.mail.markup import names, unescape
from mailapp.mail.sanitize import TAGS
from mailapp.mail.tidy import Tidy, parsed, unbroken

_EVERYWHERE = names("dir lang title align valign width height bgcolor style")
_OWN = {
    "a": names("href"),
    "img": names("src alt border"),
    "table": names("border cellpadding cellspacing"),
    "td": names("colspan rowspan"),
    "th": names("colspan rowspan"),
    "font": names("color face size"),
    "ol": names("start type"),
    "ul": names("type"),
}
_NH3_ATTRIBUTES = {"*": set(_EVERYWHERE)} | {tag: set(found) for tag, found in _OWN.items()}
_URL = re.compile(r"(?:https?://|mailto:|tel:)[^\x00-\x20\x7f\"'<>\\^`{|}]{1,8000}", re.IGNORECASE)
_PICTURE = re.compile(r"(?:https?://|cid:)[^\x00-\x20\x7f\"'<>\\^`{|}]{1,8000}", re.IGNORECASE)
_MAX_CELLS = 1_000


def outgoing(html: str, pictures: bool = True) -> str:
    """Keep formatting, links and pictures by cid: or http(s); "" where nothing is left to see. Linear in time.

    Raises TooMuchMarkup (mail/tidy.py) and nothing else.

    No scripts, classes, ids, forms, and no pictures in the HTML itself (data:): mailers leave them out. Without
    `pictures` none stays: an answer quotes words.
    """
    writer = _write if pictures else _write_without_pictures
    cleaned = _judge()(Tidy(TAGS, writer).run(clean(html[:MAX_HTML])))
    return cleaned if "<img" in cleaned or "<hr" in cleaned or html_to_text(cleaned) else ""


@cache
def _judge() -> Callable[[str], str]:
    """nh3 with the rules of what leaves, for every thread. It lets other threads run."""
    import nh3  # 1.6 MB that a server at rest does not need

    return nh3.Cleaner(
        tags=set(TAGS),
        attributes=_NH3_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        filter_style_properties=set(PROPERTIES),
        link_rel=None,
    ).clean


def _write(tag: str, attributes: str) -> str | None:
    """The attributes to write, a blank before each; None where the element is to go."""
    own = _OWN.get(tag, frozenset())
    out = ""
    for name, raw in (parsed(attributes) if attributes else {}).items():
        if name in _EVERYWHERE or name in own:
            value = _value(name, unescape(raw) if "&" in raw else raw)
            if value is not None:
                out += f' {name}="{escape(value)}"'
    return None if tag == "img" and ' src="' not in out else out


def _write_without_pictures(tag: str, attributes: str) -> str | None:
    return None if tag == "img" else _write(tag, attributes)


def _value(name: str, value: str) -> str | None:
    if name == "style":
        return safe_style(value) or None
    if name in ("href", "src"):
        url = unbroken(value.strip())
        return url if (_URL if name == "href" else _PICTURE).fullmatch(url) else None
    if name in ("colspan", "rowspan"):
        digits = value.strip()[:4]
        return str(min(int(digits), _MAX_CELLS)) if digits.isascii() and digits.isdigit() else None
    return value[:1000]

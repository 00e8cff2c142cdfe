"""Links whose text is one address and whose target is on another site."""

import re

from mailapp.mail.address import fold
from mailapp.mail.hosts import host_in, is_host, site_of
from mailapp.mail.markup import names, tokens, unescape
from mailapp.values import dataclass

MAX_HTML = 524_288
"""Characters of HTML whose links are looked at."""
MAX_MARKUP = 40_000
"""Less-than signs; the links of HTML with more are let be."""
MAX_LINKS = 2_000
"""Links that show something like an address and are looked at closely."""
_MAX_TEXT = 300
"""Characters of a link's text that are looked at; longer ones show no address."""
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]{1,4000})"|'([^']{1,4000})'|([^\s"'>]{1,4000}))""", re.IGNORECASE)
_SHOWN = re.compile(r"(?:https?://)?([^\s/?#:@\\]{4,253})(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_ENDINGS = names(
    """com net org edu gov mil int info biz io ai app dev me tv co cn hk tw jp kr uk de fr nl it es ru us ca au in br ch
    at be se no dk fi pl cz eu asia xyz top shop online site club vip cc link click live store tech"""
)


@dataclass(frozen=True, slots=True)
class Lies:
    """What links of a letter show falsely."""

    count: int
    shown: str
    """Host the first of them shows, and the one it leads to."""
    leads: str


class LinkWatch:
    """Sees the tags of a letter go by (markup.tokens); asks for a link's address only where its text could be one."""

    __slots__ = ("_attributes", "_count", "_first", "_left", "_text", "inside")

    def __init__(self) -> None:
        self.inside = False
        """Whether a link is open: its text is to be told with `text`."""
        self._attributes, self._text = "", ""
        self._left = MAX_LINKS
        self._count, self._first = 0, ("", "")

    def link(self, closing: bool, attributes: str, following: str) -> None:
        """A tag that begins or ends a link, and the text behind it."""
        if self.inside:
            self._end()
        self.inside = not closing and self._left > 0
        if self.inside:
            self._attributes, self._text = attributes, following

    def text(self, following: str) -> None:
        """More of the open link's text, raw."""
        if len(self._text) <= _MAX_TEXT:
            self._text += following

    def lies(self) -> Lies | None:
        """What was found, once every tag was seen."""
        if self.inside:
            self._end()
            self.inside = False
        return Lies(self._count, *self._first) if self._count else None

    def _end(self) -> None:
        text = self._text[:_MAX_TEXT]
        if "." not in text and "&" not in text and text.isascii():
            return  # a host has a dot, as it is or written otherwise
        self._left -= 1
        found = _HREF.search(self._attributes[:8_192])
        lie = _lie(unescape(next(filter(None, found.groups()))), text) if found else None
        if lie:
            self._count += 1
            self._first = self._first if self._count > 1 else lie


def lying_links(html: str) -> Lies | None:
    """Look through the links of a letter's HTML. Never raises, linear."""
    if html.count("<") > MAX_MARKUP:
        return None
    watch = LinkWatch()
    for name, closing, attributes, text in tokens(html[:MAX_HTML]):
        if name == "a":
            watch.link(closing, attributes, text)
        elif watch.inside:
            watch.text(text)
    return watch.lies()


def _lie(href: str, text: str) -> tuple[str, str] | None:
    """(host shown, host led to) where they are of different sites."""
    shown = _SHOWN.fullmatch(_INVISIBLE.sub("", unescape(text)).strip())
    if shown is None:
        return None
    host = shown[1].lower().rstrip(".")
    told = text.strip().lower().startswith(("http://", "https://", "www."))
    if not is_host(fold(f"x@{host}").partition("@")[2]) or not (told or host.rpartition(".")[2] in _ENDINGS):
        return None
    target = host_in(href.strip())
    if not target or site_of(target) == site_of(host):
        return None
    return host, target

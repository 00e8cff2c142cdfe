"""HTML of strangers made harmless: first written anew by our own scan (tidy.py), then judged again by nh3 (Ammonia)."""

import re
from collections.abc import Callable, Collection
from functools import cache
from html import escape

from mailapp.mail.charsets import clean
from mailapp.mail.colours import without_colours
from mailapp.mail.css import PROPERTIES, safe_style
from mailapp.mail.ground import Body, body_of, ground, is_on_black, on_ground
from mailapp.mail.link_lies import MAX_HTML as MAX_LINKED
from mailapp.mail.link_lies import Lies, LinkWatch, lying_links
from mailapp.mail.markup import names, tokens, unescape
from mailapp.mail.quote_marks import quote_class
from mailapp.mail.safe_links import EDGES, safe_link
from mailapp.mail.selectors import PREFIX
from mailapp.mail.style_sheets import brings_colours, style_sheet, style_sheets_of
from mailapp.mail.tidy import MAX_DISTINCT, Tidy, TooMuchMarkup, is_too_much, parsed, unbroken
from mailapp.mail.trackers import Held, HeldBack
from mailapp.values import dataclass

__all__ = ["Sanitized", "Survey", "sanitize", "survey"]

MAX_HTML = 2_097_152
"""Characters; what follows is cut off."""
PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One transparent pixel: stands in for a picture not loaded, so width and height keep the layout."""
MAX_STYLES = 400_000
"""Characters of inline styles that are read in one letter, each spelling once; later ones are left out."""

TAGS = names(
    """a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details
    dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre
    q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul
    var wbr"""
)
_EVERYWHERE = frozenset(("dir", "lang", "title", "align", "valign", "width", "height", "bgcolor", "style"))
_OWN: dict[str, frozenset[str]] = {
    "a": frozenset(("href",)),
    "img": frozenset(("src", "alt", "border", "hspace", "vspace")),
    "table": frozenset(("border", "cellpadding", "cellspacing", "bordercolor", "rules", "frame")),
    "td": frozenset(("colspan", "rowspan", "nowrap", "abbr", "scope")),
    "th": frozenset(("colspan", "rowspan", "nowrap", "abbr", "scope")),
    "col": frozenset(("span",)),
    "colgroup": frozenset(("span",)),
    "font": frozenset(("color", "face", "size")),
    "ol": frozenset(("start", "type", "reversed")),
    "ul": frozenset(("type",)),
    "li": frozenset(("value", "type")),
    "hr": frozenset(("color", "size", "noshade")),
    "br": frozenset(("clear",)),
    "time": frozenset(("datetime",)),
    "details": frozenset(("open",)),
}
_NH3_ATTRIBUTES: dict[str, set[str]] = {"*": {*_EVERYWHERE, "class", "id"}} | {
    tag: set(names) for tag, names in _OWN.items()
}
_SPAN_MAX = {"colspan": 1000, "rowspan": 1000, "span": 1000}
_LENGTHS = names("width height hspace vspace border cellpadding cellspacing size")
_COLOURS = frozenset(("color", "bgcolor"))
_HUGE = re.compile(r"\d{5}")
_SIZE = re.compile(r"[1-9]\d{0,3}")
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=%\s]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sanitized:
    """HTML for the sandboxed mail frame."""

    html: str
    blocked: int
    """Remote pictures left out, trackers included; loading them needs the reader's consent."""
    hosts: tuple[Held, ...] = ()
    """Who would have been asked for them."""
    css: str = ""
    """The letter's style sheet, for a <style> of the frame."""
    dark: str = ""
    """What it says for the dark, "" where it says nothing."""
    coloured: bool = False
    """Whether it brings colours of its own."""
    on_black: bool = False
    """Whether it stands on black whatever the theme: there is nothing to adapt to the dark."""
    refused: bool = False
    """The markup is too much to be judged in the time a reader waits: `html` is "", the text is to be shown."""


def _nowhere(_name: str) -> str | None:
    return None


def sanitize(
    html: str,
    cid_url: Callable[[str], str | None],
    remote: bool,
    local_url: Callable[[str], str | None] = _nowhere,
) -> Sanitized:
    """Keep what is harmless of a letter's HTML. Never raises; linear in time.

    `cid_url` gives the URL of an inline picture by its Content-ID, None where there is none, `local_url` by its
    Content-Location (RFC 2557). With `remote` pictures
    from http(s) stay; otherwise each is replaced by an empty one of the same size and counted.
    """
    source = clean(html[:MAX_HTML])
    if is_too_much(source):
        return Sanitized("", 0, refused=True)
    body = body_of(source)
    sheet, bare = style_sheet(*_sheets(source, body))
    writer = _Attributes(cid_url, remote, sheet.names, bare=bare, local_url=local_url)
    tidy = Tidy(TAGS, writer.write)
    try:
        tidied = tidy.run(source)
    except TooMuchMarkup:
        return Sanitized("", 0, refused=True)
    own = ground(body, sheet.body, bare=bare)
    cleaned = on_ground(_judge()(tidied), own, body, sheet.names if sheet.css else None)
    dark = sheet.dark if sheet.darkens_body or "background-color" not in own else ""
    hosts = HeldBack()
    for key, link, found in writer.held:
        hosts.note(link, found, tidy.uses[key])
    blocked = sum(tidy.uses[key] for key, _, _ in writer.held)
    return Sanitized(cleaned, blocked, hosts.hosts(), sheet.css, dark, coloured=not bare, on_black=is_on_black(own))


def _sheets(source: str, body: Body) -> tuple[list[tuple[str, str]], frozenset[str], frozenset[str], str]:
    """A letter's style sheets with what is asked about them (style_sheets.py)."""
    sheets, markup = style_sheets_of(source)
    return sheets, TAGS, body.names, markup


@cache
def _judge() -> Callable[[str], str]:
    """nh3 with our rules, for every thread. It lets other threads run."""
    import nh3  # 1.6 MB that a server at rest does not need

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags={"script", "style", "title", "svg", "math", "template", "iframe", "object"},
        attributes=_NH3_ATTRIBUTES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel", "data"},
        filter_style_properties=set(PROPERTIES),
        link_rel="noopener noreferrer nofollow",
    ).clean


@dataclass(frozen=True, slots=True)
class Survey:
    """What a page says of a letter's HTML before anybody sees it."""

    blocked: int = 0
    """Remote pictures `sanitize` would leave out."""
    hosts: tuple[Held, ...] = ()
    coloured: bool = False
    """Whether it brings colours of its own."""
    refused: bool = False
    """Whether `sanitize` would refuse it; where this says no, it does not."""
    lies: Lies | None = None
    """Links that lead elsewhere than they show."""


def survey(html: str, local: Collection[str] = ()) -> Survey:
    """Look a letter's HTML over without writing anything: a fraction of what `sanitize` takes. Never raises.

    `local` are the Content-Locations of its own pictures.
    """
    source = clean(html[:MAX_HTML])
    if is_too_much(source):
        return Survey(refused=True, lies=lying_links(html))
    watch = LinkWatch()
    writer = _Attributes(_nowhere, remote=False, local_url=lambda name: PLACEHOLDER if name in local else None)
    coloured = brings_colours(*_sheets(source, body_of(source)))
    uses: dict[tuple[str, str], int] = {}
    for name, closing, attributes, text in tokens(source):
        if name == "a":
            watch.link(closing, attributes, text)
        elif watch.inside:
            watch.text(text)
        if closing or name not in TAGS:
            continue
        key = (name, attributes)
        seen = uses.get(key, 0)
        uses[key] = seen + 1
        if seen:
            continue
        if len(uses) > MAX_DISTINCT:
            return Survey(refused=True, lies=lying_links(html))
        if name == "img":
            writer.write(name, attributes)
    hosts = HeldBack()
    for key, link, found in writer.held:
        hosts.note(link, found, uses[key])
    lies = watch.lies() if len(html) <= MAX_LINKED else lying_links(html)
    return Survey(sum(uses[key] for key, _, _ in writer.held), hosts.hosts(), coloured, lies=lies)


class _Attributes:
    """Judges the attributes of one tag at a time; notes what was left out."""

    def __init__(
        self,
        cid_url: Callable[[str], str | None],
        remote: bool,
        styled: frozenset[str] = frozenset(),
        *,
        bare: bool = False,
        local_url: Callable[[str], str | None] = _nowhere,
    ) -> None:
        self.local_url = local_url
        self.cid_url = cid_url
        self.remote = remote
        self.styled = styled
        """Classes and ids the style sheet speaks of."""
        self.bare = bare
        self.held: list[tuple[tuple[str, str], str, dict[str, str]]] = []
        """Remote pictures held back: how their tag is written, their URL, their attributes."""
        self.key, self.found = ("", ""), dict[str, str]()
        self.style_room = MAX_STYLES

    def write(self, tag: str, attributes: str) -> str | None:
        """The attributes to write, a blank before each; None where the element is to go."""
        own = _OWN.get(tag, frozenset())
        self.key, self.found = (tag, attributes), parsed(attributes) if attributes else {}
        out = ""
        for name, raw in self.found.items():
            if (name not in _EVERYWHERE and name not in own) or (self.bare and name in _COLOURS):
                continue
            value = self._value(name, unescape(raw) if "&" in raw else raw)
            if value is not None:
                out += f' {name}="{escape(value)}"'
        out += self._names(tag)
        if tag == "img" and PLACEHOLDER in out:
            out = self._with_shape(out)
        if tag == "img" and ' src="' not in out:
            return None if 'alt="' not in out or 'alt=""' in out else f'{out} src="{PLACEHOLDER}"'
        return out

    def _with_shape(self, out: str) -> str:
        """The placeholder stands for a picture of another shape, also where the letter leaves the height to it."""
        sides = [self.found.get(side, "").strip().removesuffix("px") for side in ("width", "height")]
        if not all(_SIZE.fullmatch(one) for one in sides):
            return out
        shape = f"aspect-ratio:{'/'.join(sides)}"
        return out.replace(' style="', f' style="{shape};', 1) if ' style="' in out else f'{out} style="{shape}"'

    def _names(self, tag: str) -> str:
        """Its mark of ours, and of its own names those the letter's style sheet speaks of."""
        mark = quote_class(tag, self.found)
        said = f' class="{mark}"' if mark else ""
        if not self.styled:
            return said
        own = [f"{PREFIX}{one}" for one in self.found.get("class", "").split()[:40] if f".{one}" in self.styled]
        named = " ".join([mark, *own] if mark else own)
        said = f' class="{named}"' if named else ""
        name = self.found.get("id", "").strip()
        return f'{said} id="{PREFIX}{name}"' if f"#{name}" in self.styled else said

    def _value(self, name: str, value: str) -> str | None:
        if name == "style":
            self.style_room -= len(value)
            style = safe_style(value) if self.style_room >= 0 else ""
            return (without_colours(style) if self.bare else style) or None
        if name == "href":
            return safe_link(value)
        if name == "src":
            return self._picture(value)
        if name in _SPAN_MAX:
            digits = value.strip()[:6]
            return str(min(int(digits), _SPAN_MAX[name])) if digits.isascii() and digits.isdigit() else None
        if name in _LENGTHS and _HUGE.search(value):
            return None
        if name in ("alt", "title"):
            return value[:1000]
        return value[:200]

    def _picture(self, value: str) -> str | None:
        url = unbroken(value.strip(EDGES))
        scheme = url[:6].lower()
        if scheme.startswith("cid:"):
            return self.cid_url(url[4:].strip("<>"))
        if scheme.startswith("data:"):
            return url if _DATA_IMAGE.fullmatch(url) else None
        own = self.local_url(url)
        if own is not None:
            return own
        link = safe_link(url)
        if link is None or not link.startswith(("http://", "https://")):
            return None
        if self.remote:
            return link
        self.held.append((self.key, link, self.found))
        return PLACEHOLDER

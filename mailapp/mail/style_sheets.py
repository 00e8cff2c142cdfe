"""The <style> of a letter: which of its rules are harmless, written anew for the frame the letter is shown in.

Mailers that set their look there alone are many, and white words on a button whose ground is lost cannot be read.
Declarations are judged like inline styles (css.py), selectors by selectors.py; @import, @font-face, @keyframes and
everything else that is not known is left out. Linear in time.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from itertools import groupby
from operator import itemgetter

from mailapp.mail.colours import is_bare, is_white, usual, without_colours
from mailapp.mail.css import safe_style
from mailapp.mail.markup import names, unescape
from mailapp.mail.selectors import ROOT, Media, Selector, media, selectors
from mailapp.mail.tidy import parsed
from mailapp.values import dataclass

MAX_SHEETS = 98_304
"""Characters of style sheets that are read in one letter; later ones are left out."""
MAX_SELECTORS = 3_000
"""Of all that are read; a rule nothing is kept of counts as one."""
MAX_WORK = 16_000_000
"""Steps of a browser for all selectors and declarations, if each were for every element; later rules are left out. It
lays out no other page of ours meanwhile: 3,000 rules for 13,000 elements took it half a minute."""
_LONGEST = 2_000
"""Characters of a <style> tag's attributes that are read."""
_START = re.compile(r"<!--|<(style)(?=[\s>/])", re.IGNORECASE)
_END = re.compile(r"</style", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_STRING = re.compile(r""""[^"\n]*+["\n]?|'[^'\n]*+['\n]?""")
_HARMLESS_STRING = re.compile(r"""(?:"[\w .+-]*"|'[\w .+-]*')""")
_BRACE = re.compile(r"[{}]")
_ALWAYS = Media("", False)
MANNER = names(
    "font font-family font-size font-style font-weight line-height letter-spacing word-spacing text-align direction"
)
"""What of a <body> is kept beside its colours: how its words are set. Its size and margins are ours."""


@dataclass(frozen=True, slots=True)
class StyleSheet:
    """What the frame is to put into a <style> of its own."""

    css: str = ""
    dark: str = ""
    """What holds in the dark alone, where the letter brings that."""
    darkens_body: bool = False
    """Whether that gives the <body> a ground."""
    names: frozenset[str] = frozenset()
    """Classes and ids the letter's elements are to keep: ".name", "#name"."""
    body: Mapping[str, str] = field(default_factory=dict)
    """What it says of the <body>."""


@dataclass(frozen=True, slots=True)
class _Rule:
    media: Media
    selectors: list[Selector]
    style: str


def style_sheets_of(html: str) -> tuple[list[tuple[str, str]], str]:
    """(attributes, text) of a letter's style sheets, and its markup without them and without comments."""
    found: list[tuple[str, str]] = []
    rest: list[str] = []
    at = 0
    while True:
        start = _START.search(html, at)
        if start is None:
            return found, "".join((*rest, html[at:])) if rest else html
        rest.append(html[at : start.start()])
        if start[1] is None:
            at = _after_comment(html, start.start())
            continue
        inner = html.find(">", start.end()) + 1 or len(html)
        end = _END.search(html, inner)
        at = end.start() if end else len(html)
        found.append((html[start.end() : inner - 1][:_LONGEST], html[inner:at]))


def style_sheet(
    sheets: list[tuple[str, str]], allowed: Collection[str], body: Collection[str], markup: str
) -> tuple[StyleSheet, bool]:
    """The rules for elements in `allowed`; `body` are the names the <body> bears. Also whether the letter is bare: who
    says black on white alone, here and in the rest of the `markup`, is shown in the reader's colours."""
    rules = list(_all_rules(sheets, allowed, body, markup))
    bare = is_bare(markup) and all(map(_is_plain, rules))
    return _sheet(rules, bare=bare) if rules else StyleSheet(), bare


def brings_colours(sheets: list[tuple[str, str]], allowed: Collection[str], body: Collection[str], markup: str) -> bool:
    """Whether `style_sheet` would not call the letter bare; looks no further than the first colour."""
    return not (is_bare(markup) and all(map(_is_plain, _all_rules(sheets, allowed, body, markup))))


def _all_rules(
    sheets: list[tuple[str, str]], allowed: Collection[str], body: Collection[str], markup: str
) -> Iterator[_Rule]:
    room, left = MAX_SHEETS, MAX_SELECTORS
    work = MAX_WORK // (1 + markup.count("<") // 2)
    for attributes, text in sheets:
        asked = parsed(attributes).get("media", "") if "media" in attributes.lower() else ""
        when = media(unescape(asked)) if asked.strip() else _ALWAYS
        if when is None or room <= 0:
            continue
        text, room = text[:room], room - len(text)
        for rule in _rules(text, when, allowed, body):
            left -= len(rule.selectors) if rule else 1
            if left < 0:
                return
            if rule is None:
                continue
            declared = rule.style.count(";") + 1
            work -= sum(one.work + declared for one in rule.selectors)
            if work < 0:
                return
            yield rule


def _sheet(rules: list[_Rule], *, bare: bool) -> StyleSheet:
    light: list[tuple[str, str]] = []
    dark: list[str] = []
    kept: set[str] = set()
    of_body: dict[str, str] = {}
    for rule in rules:
        for is_root in (False, True):
            chosen = [one for one in rule.selectors if one.is_root is is_root]
            style = _style(rule, is_root=is_root, bare=bare)
            if not chosen or not style:
                continue
            kept.update(name for one in chosen for name in one.names)
            text = f"{','.join(one.text for one in chosen)}{{{style}}}"
            if rule.media.is_dark:
                dark.append(text)
            elif is_root and not rule.media.text:
                of_body |= dict(_declarations(style))
            else:
                light.append((rule.media.text, text))
    blocks = ((when, "".join(text for _, text in some)) for when, some in groupby(light, itemgetter(0)))
    css = "".join(f"@media {when}{{{text}}}" if when else text for when, text in blocks)
    paints = any("background-color:" in text for text in dark)
    darkens = any(
        "background-color:" in text for text in dark if text.startswith((f"{ROOT}.", f"{ROOT}{{", f"{ROOT},"))
    )
    return StyleSheet(css, "".join(dark) if paints else "", darkens, frozenset(kept), of_body)


def _style(rule: _Rule, *, is_root: bool, bare: bool) -> str:
    if not is_root:
        return without_colours(rule.style) if bare else rule.style
    kept = []
    for name, value in _declarations(rule.style):
        if name in ("color", "background-color"):
            if not bare:
                kept.append(f"{name}:{value}" if not rule.media.is_dark else f"{name}:{_firmly(value)}")
        elif name in MANNER:
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def _firmly(value: str) -> str:
    """A value that wins over the style of the element that stands for the <body>."""
    return value if "!" in value else f"{value}!important"


def _is_plain(rule: _Rule) -> bool:
    for name, value in _declarations(rule.style):
        if name == "background-color" and not is_white(value):
            return False
        if name == "color" and usual(value) is None and not all(one.is_link for one in rule.selectors):
            return False
    return True


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for one in style.split(";"):
        name, _, value = one.partition(":")
        if value:
            yield name, value


def _rules(text: str, when: Media, allowed: Collection[str], body: Collection[str]) -> Iterator[_Rule | None]:
    """Cut at the braces, None for a rule nothing is kept of; blocks in blocks other than @media are passed over."""
    text = _COMMENT.sub(" ", text.replace("<!--", " ").replace("-->", " "))
    if '"' in text or "'" in text:
        text = _STRING.sub(lambda one: one[0] if _HARMLESS_STRING.fullmatch(one[0]) else "''", text)
    blocks: list[Media | None] = [when]
    at, head, depth = 0, "", 0
    for brace in _BRACE.finditer(text):
        before, at = text[at : brace.start()], brace.end()
        if brace[0] == "{":
            depth += 1
            if depth > len(blocks):  # inside a rule: nothing that is known
                head = ""
                continue
            head = before.rpartition(";")[2].strip()
            if head[:6].lower() == "@media" and len(blocks) == 1:
                blocks.append(media(head[6:]) if len(head) < 500 else None)
            continue
        depth = max(0, depth - 1)
        if depth + 1 < len(blocks):
            blocks.pop()
        elif head and depth == len(blocks) - 1:
            yield _rule(head, before, blocks[-1], allowed, body)
        head = ""


def _rule(head: str, text: str, when: Media | None, allowed: Collection[str], body: Collection[str]) -> _Rule | None:
    if when is None or head[0] == "@":
        return None
    chosen = selectors(head, allowed, body)
    style = safe_style(text) if chosen else ""
    return _Rule(when, chosen, style) if style else None


def _after_comment(html: str, start: int) -> int:
    if html.startswith(("<!-->", "<!--->"), start):
        return html.index(">", start) + 1
    end = html.find("-->", start + 4)
    return end + 3 if end >= 0 else len(html)

"""HTML to plain text by one linear scan: no tree is built, so nesting and size cannot hurt."""

import re

from mailapp.mail.markup import VOID, names, tokens, unescape

_EDGE = "\r"
"""Where a block begins or ends: a new line, but several in a row are one. Taken, as text never keeps a CR here."""
_LINE = names(
    "address article aside body center dd details dir div dl dt fieldset figcaption figure footer form header hr html "
    "li main nav option section summary tbody tfoot thead tr caption"
)
_PARAGRAPH = names("p h1 h2 h3 h4 h5 h6 blockquote ul ol pre table")
BREAK = dict.fromkeys(_LINE, _EDGE) | {"br": "\n"} | dict.fromkeys(_PARAGRAPH, "\n\n") | {"td": " ", "th": " "}
"""What an element puts before and behind it; before an item of a list stands ITEM."""
ITEM = f"{_EDGE}- "
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|(?:^|\s)hidden(?=$|[\s=])",
    re.IGNORECASE,
)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\xa0]{2,}|[^\S \xa0]")
_UNSEEN = "\u00ad\u034f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"
_INVISIBLE = re.compile(f"[{_UNSEEN}]+")
_SEEN = re.compile(rf"[^\s{_UNSEEN}]")
_MAX_ATTRIBUTES = 4_096
MAX_HTML = 1_048_576
"""Characters of HTML that are looked at."""
MAX_MARKUP = 50_000
"""Less-than signs; of HTML with more the tags are cut out without a look at what they are."""
MAX_AMPERSANDS = 60_000
"""With more, none begins a character reference."""
_AT_ONCE = 32_768
"""Characters of one call that no other thread can interrupt."""
_ANY_TAG = re.compile(r"<[^<>]*+>?")


def html_to_text(source: str) -> str:
    """The visible text of HTML: blocks on lines of their own, links as their text, hidden elements left out."""
    source = source[:MAX_HTML]
    if source.count("&") > MAX_AMPERSANDS:
        source = source.replace("&", "＆")
    if source.count("<") > MAX_MARKUP:
        pieces = (source[at : at + _AT_ONCE] for at in range(0, len(source), _AT_ONCE))
        return tidy("".join(flat(_ANY_TAG.sub(" ", piece)) for piece in pieces))
    text, closed = _scan(source, hide=True)
    if not closed:
        # The hidden element never ends: rather its text too much than the letter lost.
        text, _ = _scan(source, hide=False)
    return text


def _scan(source: str, hide: bool) -> tuple[str, bool]:
    """The text, and whether every hidden element had an end."""
    out: list[str] = []
    alternatives: list[str] = []
    hidden, depth = "", 0
    for name, closing, attributes, text in tokens(source):
        if hidden:
            if name != hidden:
                continue
            depth += -1 if closing else 1
            if depth > 0:
                continue
            hidden = ""
        elif attributes and not closing:
            if name == "img":
                alternatives.append(_alternative(attributes))
            elif hide and name not in VOID and _is_hidden(attributes):
                hidden, depth = name, 1
                continue
        if name in BREAK:
            out.append(ITEM if name == "li" and not closing else BREAK[name])
        if text:
            out.append(flat(text))
    found = tidy("".join(out))
    # A letter that is one picture still says what is on it.
    return found or tidy("\n".join(alternatives[:50])), not hidden


def _is_hidden(attributes: str) -> bool:
    attributes = attributes[:_MAX_ATTRIBUTES].lower()
    # Four substrings first: the pattern costs more than all the rest of the scan.
    if "none" in attributes or "hidden" in attributes or "max-height" in attributes or "opacity" in attributes:
        return _HIDDEN.search(attributes) is not None
    return False


def _alternative(attributes: str) -> str:
    found = _ALT.search(attributes[:_MAX_ATTRIBUTES])
    return unescape(found[1] or found[2] or "") if found else ""


def flat(text: str) -> str:
    """Text between two tags as it reads."""
    if "\n" in text or "  " in text or "\t" in text or "\r" in text:
        if len(text) > _AT_ONCE:
            pieces = (text[at : at + _AT_ONCE] for at in range(0, len(text), _AT_ONCE))
            text = "".join(_SPACES.sub(" ", piece) for piece in pieces)
        else:
            text = _SPACES.sub(" ", text)
    return unescape(text) if "&" in text else text


def tidy(text: str) -> str:
    """Pieces of text and breaks put together, as a letter."""
    if len(text) <= _AT_ONCE:
        return _tidied(text).strip()
    pieces, at = [], 0
    while at < len(text):
        # what is put together are breaks and spaces: it makes no difference to be cut before a character that is none
        seen = _SEEN.search(text, at + _AT_ONCE)
        end = seen.start() if seen else len(text)
        pieces.append(_tidied(text[at:end]))
        at = end
    return "".join(pieces).strip()


def _tidied(text: str) -> str:
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    text = _shortened(text.replace("\xa0", " "), "  ", " ")
    text = text.replace(" \n", "\n").replace("\n ", "\n").replace(" \r", "\r").replace("\r ", "\r")
    text = _shortened(text, _EDGE + _EDGE, _EDGE).replace("\n" + _EDGE, "\n").replace(_EDGE, "\n")
    return _shortened(text, "\n\n\n", "\n\n")


def _shortened(text: str, run: str, by: str) -> str:
    """Every run cut to what `by` has of it, in short calls: a pattern takes 25 ms for a megabyte without any."""
    if run in text:
        text = text.replace(run[0] * 64, by)
    while run in text:
        text = text.replace(run, by)
    return text

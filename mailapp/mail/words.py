"""Words for the full-text index and for queries: both sides fold the same way.

FTS5's unicode61 tokenizer cuts at punctuation and folds case and accents, but takes a run of Chinese for one word.
So each Chinese, Japanese or Korean character becomes a word of its own, and a query for several becomes a phrase. So do
letters of languages that are written without blanks, such as Thai.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from unicodedata import normalize

from mailapp.mail import plain_letters
from mailapp.mail.charsets import clean
from mailapp.mail.han import SIMPLIFIED, TRADITIONAL

VERSION = 2
"""What `index_words` and `people_words` make of mail. 1 had no tagged words: store/search.py looks closer at it."""

FROM, TO, CC, LIST = "\ue000", "\ue001", "\ue002", "\ue003"
"""Tags: before a word of the people column, the field it stands in. Private use: unicode61 keeps them, nobody types
them."""

_ABOVE = "\U00010000"
# Sets of the basic plane only: with a character above it in a set the regex engine falls back to a list, 30x slower.
_SOUTH_EAST = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf\u1000-\u102a\u103f"
    "\u1050-\u1055\u1780-\u17b3"
)
"""Letters of Thai, Lao, Burmese and Khmer."""
SIGNS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059\u17b4-\u17d3"
"""What is written around them, which the tokenizer drops, as the inside of a set."""
_CJK_ALONE = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3040-\u318f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
)
CJK = _CJK_ALONE + _SOUTH_EAST
"""Characters that are words of their own, as the inside of a set."""
# Full-width punctuation rides along (the tokenizer drops it): runs get longer, and time goes by the run.
_CJK_RUN = re.compile(f"([{CJK}{SIGNS}\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+)")
_CJK_ABOVE = re.compile("[\U0001b000-\U0001b16f\U00020000-\U000323af]+")
# Full and half width forms, compatibility characters, circled letters, mathematical letters.
_WIDE = (
    "\u2460-\u24ff\u2f00-\u2fdf\u3130-\u318f\u3200-\u33ff\uf900-\ufaff\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a"
    "\uff41-\uff5a\uff66-\uffdc"
)
_WIDE_RUN = re.compile(f"[{_WIDE}]+")
_WIDE_ABOVE = re.compile("[\U0001d400-\U0001d7ff\U0001f100-\U0001f1e5\U0002f800-\U0002fa1f]+")
_TRADITIONAL = "".join(one for one in TRADITIONAL if one < _ABOVE)
_TRADITIONAL_RUN = re.compile(f"[{_TRADITIONAL}]+")
_TO_FOLD = re.compile(f"[{_WIDE}{_TRADITIONAL}{plain_letters.SET}]")
_OTHERWISE = re.compile(f"[{_TRADITIONAL}{plain_letters.SET}]")
_APART_BEFORE = re.compile(f"[{_CJK_ALONE}\U0001b000-\U0001b16f\U00020000-\U000323af]")
_HAS_SOUTH_EAST = re.compile(f"[{_SOUTH_EAST}]")
_SIMPLER = str.maketrans(TRADITIONAL, SIMPLIFIED)
_APART = re.compile(f"(?: [{CJK}{SIGNS}\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65])+ ")
_VARIANTS = str.maketrans("账賬帐帳着著", "帐帳账賬著着")
"""Two characters for one word, which tables of simplified characters keep apart."""
_IS_CJK = re.compile(f"[{CJK}\U0001b000-\U0001b16f\U00020000-\U000323af]")
_WORD_AT_END = re.compile(r"[^\W_]\W*\Z")
_BETWEEN = "\x1f"
# accents that are written after their letter belong to the word, as for unicode61
_WORD = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+")
_IS_SHORT = re.compile(r"(?:\A|[\W_])[^\W_][\W_]*\Z")  # one letter alone begins half of all words
_HAS_WORD = re.compile(r"[^\W_]")


def index_words(text: str) -> str:
    """Text as FTS5's unicode61 shall see it: one word per CJK character, width folded, traditional made simplified."""
    if text.isascii():
        return text.replace("\0", " ")
    text = clean(text)
    if not _has_above(text):
        return _basic(text)
    text = plain_letters.plain(_simpler(_WIDE_RUN.sub(_normal, _WIDE_ABOVE.sub(_normal, text))))
    return _apart(_CJK_ABOVE.sub(_apart_above, text))


def index_fields(texts: Sequence[str]) -> list[str]:
    """`index_words` of each: short texts together cost little more than one."""
    joined = _BETWEEN.join(texts)
    if joined.isascii() or joined.count(_BETWEEN) >= len(texts) or not _is_basic(joined):
        return [index_words(text) for text in texts]
    return _basic(joined).split(_BETWEEN)


def variant(text: str) -> str:
    """The text as others write it: 账单 for 帐单 and back; the same where there is one way."""
    return text if text.isascii() else text.translate(_VARIANTS)


def fold(text: str) -> str:
    """Names as they are compared: half width, simplified, small letters."""
    return _simpler(normalize("NFKC", clean(text))).casefold().strip()


def people_words(plain: Sequence[str], fields: Sequence[tuple[str, str]]) -> str:
    """The people column: `plain` as it is, for words that may stand anywhere, and each (tag, words) tagged.

    All arguments are index words already. So from: and to: are exact about the field, for one word more per word.
    """
    return " ".join([*plain, *(tagged(words, tag) for tag, words in fields if words)])


def word_list(text: str) -> list[str]:
    """The words FTS5 makes of `index_words(text)`: small letters, without accents."""
    return [_kept(word) for word in _WORD.findall(index_words(text))]


def earlier_words(text: str) -> list[str]:
    """The words releases before made of it, [] where they are the same: letters as they were written, Thai in runs."""
    text = _simpler(normalize("NFKC", clean(text)))
    if text.isascii() or (plain_letters.plain(text) == text and not _HAS_SOUTH_EAST.search(text)):
        return []
    return [_kept(word) for word in _WORD.findall(_APART_BEFORE.sub(r" \g<0> ", text))]


def _kept(word: str) -> str:
    return word.lower() if word.isascii() else "".join(map(plain_letters.kept_letter, word.lower()))


def tagged(words: str, tag: str) -> str:
    """Index words with a tag before each."""
    # the same few senders and recipients come again and again
    return _tagged_known(words, tag) if len(words) <= _KEPT else _tagged(words, tag)


def _tagged(words: str, tag: str) -> str:
    found = _WORD.findall(words)
    return tag + f" {tag}".join(found) if found else ""


_KEPT = 200
_tagged_known = lru_cache(maxsize=1024)(_tagged)


def _basic(text: str) -> str:
    """`index_words` of clean text without characters above the basic plane."""
    # Most letters hold nothing to fold: one look instead of three.
    if _TO_FOLD.search(text):
        text = plain_letters.plain(_simpler(_WIDE_RUN.sub(_normal, text)))
    return _apart(text)


def query_phrase(word: str, tag: str = "", *, exact: bool = False) -> str:
    """One word of a query as an FTS5 phrase; "" where nothing can be searched for. A last Latin word of two letters or
    more is the beginning of one.

    `exact`: no prefix. `tag`: the same among the words of one field. Nothing in `word` acts as query syntax.
    """
    words = index_words(word.replace("\0", " ")).replace('"', " ").strip()
    if not _HAS_WORD.search(words):
        return ""
    last = _WORD_AT_END.search(words)
    prefix = "" if exact or last is None or _IS_CJK.match(last[0]) or _IS_SHORT.search(words) else "*"
    return f'"{tagged(words, tag) if tag else words}"{prefix}'


def _normal(run: re.Match[str]) -> str:
    return normalize("NFKC", run[0])


def _simpler(text: str) -> str:
    # A call per run is cheaper where traditional characters are rare, one walk over all where the text is full of them.
    if len(_TRADITIONAL_RUN.findall(text, 0, 1024)) > 20:
        return text.translate(_SIMPLER)
    return _TRADITIONAL_RUN.sub(_simplified, text)


def _simplified(run: re.Match[str]) -> str:
    return run[0].translate(_SIMPLER)


def _is_basic(text: str) -> bool:
    """Whether text is clean and holds no character above the basic plane, in one look."""
    try:
        return "\0" not in text and not _has_above(text)
    except UnicodeEncodeError:
        return False


def _has_above(text: str) -> bool:
    """Whether there are characters above the basic plane. Raises UnicodeEncodeError for lone surrogates."""
    return len(text.encode("utf-16-le")) > 2 * len(text)


def _apart(text: str) -> str:
    """Each CJK run with a blank before, between and after: all runs at once, by slices of UTF-16, tenfold faster."""
    pieces = _CJK_RUN.split(text)
    if len(pieces) == 1:
        return text
    data = "\n".join(pieces[1::2]).encode("utf-16-le")
    out = bytearray(b" \0" * (len(data) + 1))
    out[2::4] = data[0::2]
    out[3::4] = data[1::2]
    pieces[1::2] = out.decode("utf-16-le").split("\n")
    return "".join(pieces)


def together(text: str) -> str:
    """Index words as a text again: what stood apart for the index stands together. Simplified it stays."""
    return _APART.sub(lambda run: run[0][1::2], text)


def may_be_traditional(text: str) -> bool:
    """Whether a text holds characters the index simplifies."""
    return _TRADITIONAL_RUN.search(text) is not None


def reads_otherwise(text: str) -> bool:
    """Whether index words of such a text, put together again, are not what was written."""
    return _OTHERWISE.search(text) is not None


def _apart_above(run: re.Match[str]) -> str:
    return f" {' '.join(run[0].translate(_SIMPLER))} "

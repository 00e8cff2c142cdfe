"""Words for the full-text index and for queries: both sides fold the same way.

FTS5's unicode61 tokenizer cuts at punctuation and folds case and accents, but takes a run of Chinese for one word.
So each Chinese, Japanese or Korean character becomes a word of its own, and a query for several becomes a phrase.
"""

import re
from unicodedata import normalize

from mailapp.mail.charsets import clean
from mailapp.mail.han import SIMPLIFIED, TRADITIONAL

VERSION = 1
"""Rises when the same text gives other words: the index is then built anew."""

_CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3040-\u318f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U000323af"
)
_CJK_RUN = re.compile(f"[{_CJK}]+")
# Full and half width forms, compatibility characters, circled and mathematical letters; not full-width punctuation,
# which every Chinese sentence is full of and the tokenizer drops anyway.
_WIDE_RUN = re.compile(
    "[\u2460-\u24ff\u2f00-\u2fdf\u3130-\u318f\u3200-\u33ff\uf900-\ufaff\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a"
    "\uff41-\uff5a\uff66-\uffdc\U0001d400-\U0001d7ff\U0002f800-\U0002fa1f]+"
)
_TRADITIONAL_RUN = re.compile(f"[{TRADITIONAL}]+")
_SIMPLER = str.maketrans(TRADITIONAL, SIMPLIFIED)
_WORD_AT_END = re.compile(r"[^\W_]\W*\Z")
_HAS_WORD = re.compile(r"[^\W_]")


def index_words(text: str) -> str:
    """Text as FTS5's unicode61 shall see it: one word per CJK character, width folded, traditional made simplified."""
    if text.isascii():
        return text.replace("\0", " ")
    text = _folded(clean(text))
    return _CJK_RUN.sub(_apart, text)


def query_phrase(word: str) -> str:
    """One word of a query as an FTS5 phrase, the last Latin word as a prefix; "" where nothing can be searched for.

    Nothing in `word` acts as query syntax.
    """
    words = index_words(word.replace("\0", " ")).replace('"', " ").strip()
    if not _HAS_WORD.search(words):
        return ""
    last = _WORD_AT_END.search(words)
    prefix = "" if last is None or _CJK_RUN.match(last[0]) else "*"
    return f'"{words}"{prefix}'


def _folded(text: str) -> str:
    text = _WIDE_RUN.sub(_normal, text)
    return _TRADITIONAL_RUN.sub(_simplified, text)


def _normal(run: re.Match[str]) -> str:
    return normalize("NFKC", run[0])


def _simplified(run: re.Match[str]) -> str:
    return run[0].translate(_SIMPLER)


def _apart(run: re.Match[str]) -> str:
    return f" {' '.join(run[0])} "

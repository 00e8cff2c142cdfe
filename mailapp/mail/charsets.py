"""Bytes to text, whatever the label says: wrong, unknown and missing charsets are everyday mail."""

import codecs
import re
from functools import lru_cache

_ALIASES = {
    # gb2312 is what the label says, gb18030 (its superset) is what the bytes are.
    "gb2312": "gb18030",
    "gb-2312": "gb18030",
    "gb2312-80": "gb18030",
    "gb-2312-80": "gb18030",
    "euc-cn": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "chinese": "gb18030",
    "gb18030-2000": "gb18030",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "ks-c-5601-1987": "cp949",
    "ks-c-5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "shift-jis": "cp932",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_2",
    "big5": "cp950",
    "big5-eten": "cp950",
    "x-big5": "cp950",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "x-utf-8": "utf-8",
    "x-mac-roman": "mac-roman",
    "cp-850": "cp850",
    "tis620": "tis-620",
    "windows-874": "cp874",
}
# Not charsets of text, though Python lists them, or harmful to run on a stranger's bytes.
_REFUSED = {"unicode_escape", "raw_unicode_escape", "punycode", "idna", "undefined", "mbcs", "oem", "palmos"}
_ERRORS = (UnicodeError, LookupError, ValueError)
_RUNS = re.compile(rb"[\x80-\xff]+")
_META = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)


@lru_cache(maxsize=256)
def codec_of(label: str) -> str:
    """Python's name of the codec for a charset label; "" for an unknown one or one that tells nothing (us-ascii)."""
    name = label.strip().strip("\"'").lower()[:64]
    dashed = name.replace("_", "-").replace(" ", "-")
    name = _ALIASES.get(name) or _ALIASES.get(dashed) or name
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    if not getattr(info, "_is_text_encoding", True) or info.name.replace("-", "_") in _REFUSED or info.name == "ascii":
        return ""
    return info.name


def clean(text: str) -> str:
    """Text without NUL and lone surrogates, which neither SQLite nor UTF-8 takes."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def decode(data: bytes, label: str = "") -> str:
    """Decode a body by its charset label, by a guess where the label is missing, unknown or plainly wrong."""
    codec = codec_of(label)
    if codec == "utf-8":
        try:
            # Strict, so there are no surrogates to clean away.
            return data.decode().removeprefix("\ufeff").replace("\0", "")
        except UnicodeDecodeError:
            pass
    if (
        data.isascii()
        and b"\x1b" not in data
        and b"\0" not in data
        and not label.lower().startswith(("utf-7", "utf-16"))
    ):
        return data.decode("ascii")
    if not codec:
        return clean(guess(data))
    if codec in ("gb18030", "cp1252", "cp950"):
        # UTF-8 under one of these labels is common; bytes of theirs that happen to be valid UTF-8 are not.
        text = _strict(data, "utf-8") if len(data) > 24 or codec == "cp1252" else None
        if text is not None:
            return clean(text)
    text = _strict(data, codec)
    if text is None:
        text = _second_best(data, codec)
    return clean(text.removeprefix("\ufeff"))


def _strict(data: bytes, codec: str) -> str | None:
    """Decoded text, forgiving only a character cut in two at the very end."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if error.start == 0 or error.start < len(data) - 4:
            return None
        try:
            return data[: error.start].decode(codec)
        except _ERRORS:
            return None
    except _ERRORS:
        return None


def _second_best(data: bytes, codec: str) -> str:
    try:
        text = data.decode(codec, "replace")
    except _ERRORS:
        return guess(data)
    lost = text.count("\ufffd")
    # A few damaged characters: the label was right. Many: it was not.
    if lost * 20 <= len(_RUNS.findall(data)) or (codec in ("cp1252", "gb18030") and lost * 10 <= len(text)):
        return text
    return guess(data)


def guess(data: bytes) -> str:
    """Decode bytes without a (usable) charset: UTF-16 by its mark, ISO-2022, UTF-8, GB18030, Windows-1252."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\x1b$" in data and data.isascii():
        return data.decode("iso2022_jp_2", "replace")
    text = _strict(data, "utf-8")
    if text is not None:
        return text.removeprefix("\ufeff")
    if not _looks_western(data):
        text = data.decode("gb18030", "replace")
        if text.count("\ufffd") * 20 <= len(text):
            return text
        mixed = data.decode("utf-8", "replace")
        if mixed.count("\ufffd") < text.count("\ufffd"):
            return mixed
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _looks_western(data: bytes) -> bool:
    """Single accented letters between ASCII ones; Chinese has its high bytes in pairs."""
    runs = _RUNS.findall(data[:4096]) or _RUNS.findall(data)
    single = sum(len(run) == 1 for run in runs)
    return single * 2 > len(runs)


def declared_in_html(data: bytes) -> str:
    """The charset an HTML document names in its own <meta>, "" for none."""
    found = _META.search(data[:2048])
    return found[1].decode("ascii", "ignore") if found else ""


def decode_header_bytes(data: bytes, hint: str = "") -> str:
    """Decode a raw 8-bit header: UTF-8, the charset the message declares elsewhere, GB18030, Windows-1252."""
    codec = codec_of(hint)
    if codec and codec not in ("utf-8", "cp1252", "gb18030"):
        for name in ("utf-8", codec):
            try:
                return clean(data.decode(name))
            except _ERRORS:
                continue
    return clean(guess(data))

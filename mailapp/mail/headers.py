"""Header fields: splitting a header section, unfolding, encoded words (RFC 2047)."""

import binascii
import re

from mailapp.mail.charsets import clean, codec_of, decode, decode_header_bytes

# A field, continuation lines included (RFC 5322 2.2). Possessive: no input makes it go back.
_FIELD = re.compile(r"^([\x21-\x39\x3b-\x7e]++) *+: *+([^\n]*+)", re.MULTILINE)
_FIRST_LINE = re.compile(rb"(?:>?From [^\n]*\n)?[\x21-\x39\x3b-\x7e]{1,1000}+[ \t]*:")
_STRAY_LINE = re.compile(rb"^(?![ \t]|[\x21-\x39\x3b-\x7e]++[ \t]*+:|>?From |\r?$)", re.MULTILINE)
# The text stops at the next "=?" at the latest, so a row of unfinished words stays linear.
_WORD = re.compile(
    r"=\?([^?\s*=]{1,40}+)(?:\*[^?\s]{0,40}+)?\?([bBqQ])\?((?>(?:[^?=]++|\?(?!=)|=(?!\?[^=]))*))\?="
    r"(?:[ \t\r\n]*+(?==\?))?"
)
_CONTROL: dict[int, str | None] = {code: " " if 9 <= code <= 13 else None for code in (*range(32), 127)}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_CONTROLS_IN_SECTION = bytes(_CONTROL.keys() - {10})
_IN_SECTION = _CONTROL | {10: "\n"}
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))

_MAX_DECODED = 65_536
"""Characters of one field in which encoded words are looked for."""

Field = tuple[str, str]
"""Name as spelled, raw value: unfolded, but its bytes still undecoded (as latin-1) and its encoded words too."""


def fields(section: bytes, limit: int) -> list[Field]:
    """Split a header section into fields; lines that are no field are skipped. At most `limit` are returned."""
    section = section.replace(b"\r\n", b"\n").replace(b"\n ", b" ").replace(b"\n\t", b" ")
    text = section.decode("latin-1")
    # Deleting by a table of bytes looks for control characters tenfold faster than a pattern.
    if len(section.translate(None, _CONTROLS_IN_SECTION)) < len(section):
        text = text.translate(_IN_SECTION)
    found: list[Field] = _FIELD.findall(text)
    return found[:limit] if len(found) > limit else found


def first_of_each(found: list[Field]) -> dict[str, str]:
    """The raw value of the first field of each name, names in lower case."""
    return {name.lower(): value for name, value in reversed(found)}


def starts_with_field(data: bytes) -> bool:
    """Whether the bytes begin like a header section at all."""
    return _FIRST_LINE.match(data) is not None


def first_stray_line(section: bytes) -> int:
    """Offset of the first line that cannot belong to a header section; its length where there is none."""
    found = _STRAY_LINE.search(section)
    return found.start() if found else len(section)


def one_line(value: str) -> str:
    """Text without line breaks and control characters at its ends and inside; folding undone."""
    if value.isprintable():
        return value.strip()
    value = value.replace("\r\n", "") if "\r\n" in value else value
    return (value.translate(_CONTROL) if _CONTROLS.search(value) else value).strip()


def value_of(raw: str, hint: str = "") -> str:
    """The value of a field as text; encoded words stay as they are. `hint` is a charset for raw 8-bit values."""
    if not raw.isascii():
        raw = decode_header_bytes(raw.encode("latin-1"), hint)
        if _CONTROLS.search(raw):
            raw = raw.translate(_CONTROL)
    return raw.strip()


def text_of(raw: str, hint: str = "") -> str:
    """The value of a field decoded for people, without control characters."""
    if raw.isascii() and "=?" not in raw:
        return raw.rstrip()
    value = value_of(raw, hint)
    return decode_words(value) if "=?" in value else value


def decode_words(value: str) -> str:
    """Decode the encoded words of an unfolded value (RFC 2047).

    Adjacent words of one charset are joined as bytes before decoding: mailers cut characters in two.
    """
    rest = value[_MAX_DECODED:]
    value = value[:_MAX_DECODED]
    out: list[str] = []
    at = 0
    pending = bytearray()
    charset = ""
    for word in _WORD.finditer(value):
        if word.start() > at or word[1].lower() != charset:
            if pending:
                out.append(_decode_run(bytes(pending), charset))
                pending.clear()
            if word.start() > at:
                out.append(value[at : word.start()])
            charset = word[1].lower()
        pending += _word_bytes(word[2], word[3])
        at = word.end()
    if pending:
        out.append(_decode_run(bytes(pending), charset))
    out.append(value[at:] + rest)
    text = "".join(out)
    if text.isprintable():
        return text  # neither NUL nor surrogate nor control character
    text = clean(text)
    return text.translate(_CONTROL) if _CONTROLS.search(text) else text


def _decode_run(data: bytes, charset: str) -> str:
    codec = codec_of(charset)
    if codec:
        try:
            return data.decode(codec)
        except (UnicodeError, ValueError):
            pass
    return decode(data, charset)


def _word_bytes(kind: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if kind in "qQ":
        return binascii.a2b_qp(data.replace(b"\r", b"").replace(b"\n", b""), header=True)
    data = data.translate(None, _NOT_BASE64)
    if len(data) % 4 == 1:
        data = data[:-1]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))

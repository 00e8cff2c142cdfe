"""Parameters of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2231), and file names made of them."""

import re
from urllib.parse import unquote_to_bytes

from mailapp.mail.charsets import clean, decode
from mailapp.mail.headers import decode_words

_PARAMETER = re.compile(
    r""";\s*+([^\s=;*"]++)(?:\*(\d{1,6}+))?(\*)?\s*+=\s*+(?:"((?>(?:[^"\\]++|\\.)*))"?+|([^;]*+))""", re.DOTALL
)
_MAX_FIELD = 32_768
_MAX_SECTIONS = 500
# Path separators end a name; controls, bidi overrides and invisible characters disguise one.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_SEPARATOR = re.compile(r"[/\\\u2215\u29f8\uff0f\uff3c]")
_RESERVED = re.compile(r'[<>:"|?*]')
_MAX_NAME = 180


def value_and_parameters(field: str) -> tuple[str, dict[str, str]]:
    """The lower-case value before the first ";" and the parameters, names lower case, decoded."""
    value, _, rest = field[:_MAX_FIELD].partition(";")
    if not rest:
        return value.strip().lower(), {}
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, number, extended, quoted, bare in _PARAMETER.findall(";" + rest):
        text = _unquote(quoted) if quoted else bare.strip()
        name = name.lower()
        if number or extended:
            numbered = sections.setdefault(name, {})
            if len(numbered) < _MAX_SECTIONS:
                numbered.setdefault(int(number or 0), (text, bool(extended)))
        else:
            plain.setdefault(name, text)
    for name, numbered in sections.items():
        plain[name] = _joined(numbered) or plain.get(name, "")
    return value.strip().lower(), plain


def _unquote(text: str) -> str:
    # Only \" and \\ are undone: "C:\new\file" is a path, whatever RFC 5322 says of quoted pairs.
    if "\\" in text:
        text = text.replace('\\"', '"').replace("\\\\", "\\")
    return text


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    """Sections of one parameter in order (RFC 2231 3); the charset stands in the first."""
    charset = ""
    data = bytearray()
    for index, number in enumerate(sorted(numbered)):
        text, extended = numbered[number]
        if index == 0 and extended and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        elif index == 0 and not extended and "=?" in text:
            text = decode_words(text)
        data += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return clean(decode(bytes(data), charset))


def file_name(parameters: dict[str, str], key: str) -> str:
    """A safe file name of parameter `key`, "" for none: decoded, without path and disguise."""
    name = parameters.get(key, "")
    return safe_name(decode_words(name) if "=?" in name else name) if name else ""


_ENDS = "." + "".join(each for each in map(chr, range(0x3001)) if each.isspace())
"""Dots and blanks of any width: what a name does not begin or end with, however often it is read again."""


def safe_name(name: str) -> str:
    """A name as the last part of a path: at most 180 characters, extension kept, "" where nothing is left."""
    name = _UNSAFE.sub("", clean(name))
    name = _SEPARATOR.split(name.rstrip("/\\ "))[-1]
    name = _RESERVED.sub("_", name).strip(_ENDS) if name.strip(_ENDS) else ""
    if len(name) > _MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        name = (
            f"{stem[: _MAX_NAME - len(extension) - 1]}.{extension}" if dot and len(extension) < 20 else name[:_MAX_NAME]
        ).strip(_ENDS)
    return name

"""Header fields as they are written: folded, encoded, and nothing in a value can begin another field.

RFC 5322 2.2 and 3, RFC 2047, RFC 2231. What `headers` and `parameters` read, this writes.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from mailapp.mail.address import is_valid
from mailapp.mail.charsets import clean
from mailapp.mail.message import MAX_NAME, Person
from mailapp.mail.recipients import wire

_WIDTH = 76
"""A line with an encoded word is no longer (RFC 2047 2); what cannot be cut may be, up to 998."""
_LONGEST_WORD = 60
_LONGEST_ID = 900
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}")
_ID = re.compile(r"[\x21-\x3b=\x3f-\x7e]+")
_NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f-\x9f\s\u2028\u2029\"(),:;<>\[\\\]]+")
_Q_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/ "
"""What stands for itself in a Q word inside a phrase (RFC 2047 5); a blank becomes an underscore."""
_Q = [chr(code) if code in _Q_SAFE else f"={code:02X}" for code in range(256)]
_Q[0x20] = "_"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST_SECTION = 700


def one_line(text: str) -> str:
    """Text that fits into a field: line breaks and control characters become blanks, lone surrogates and NUL go."""
    return _CONTROLS.sub(" ", clean(text)).strip()


def text_field(name: str, text: str, longest: int = _LONGEST_WORD) -> str:
    """An unstructured field with its CRLF (RFC 5322 2.2.1); `longest`: characters of a word that stays as it is."""
    text = one_line(text)
    if text.isascii() and "  " not in text and "=?" not in text:
        words = text.split(" ")
        if len(text) <= longest or max(map(len, words)) <= longest:
            return _folded(name, words)
    return _folded(name, _encoded(text, _WIDTH - len(name) - 2))


def address_field(name: str, people: Iterable[Person]) -> str:
    """A field of addresses with its CRLF (RFC 5322 3.4); "" where there are none. Non-ASCII local parts stay UTF-8."""
    atoms: list[str] = []
    for person in people:
        address = address_text(person.address)
        if not address:
            continue
        if atoms:
            atoms[-1] += ","
        phrase = _phrase(person.name, _WIDTH - len(name) - 2)
        atoms += [*phrase, f"<{address}>"] if phrase else [address]
    return _folded(name, atoms) if atoms else ""


def id_field(name: str, ids: Iterable[str]) -> str:
    """A field of message ids with its CRLF (RFC 5322 3.6.4); "" where none of them can be written."""
    words = [f"<{one}>" for one in ids if len(one) <= _LONGEST_ID and _ID.fullmatch(one)]
    return _folded(name, words) if words else ""


def date_field(name: str, date: datetime) -> str:
    """A date field with its CRLF (RFC 5322 3.3), in the zone of `date`; without one it counts as UTC."""
    offset = date.utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset else 0
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return (
        f"{name}: {_DAYS[date.weekday()]}, {date.day:02d} {_MONTHS[date.month - 1]} {date.year:04d} "
        f"{date.hour:02d}:{date.minute:02d}:{date.second:02d} {sign}{hours:02d}{rest:02d}\r\n"
    )


def other_field(name: str, value: str) -> str:
    """A field the caller names, with its CRLF; "" where that is no name of a field."""
    return text_field(name, value, longest=_LONGEST_ID) if _NAME.fullmatch(name) and one_line(value) else ""


def parameter(name: str, value: str) -> str:
    """A parameter of Content-Type or Content-Disposition on a line of its own, from the ";" on, without CRLF.

    Non-ASCII values in one section while they fit (RFC 2231 4): mailers that cannot join sections (3) are many.
    """
    value = one_line(value)
    if value.isascii() and len(value) <= _LONGEST_SECTION:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f';\r\n {name}="{escaped}"'
    sections = [""]
    for letter in value:
        written = quote(letter, safe="")
        if len(sections[-1]) + len(written) > _LONGEST_SECTION:
            sections.append("")
        sections[-1] += written
    sections[0] = f"utf-8''{sections[0]}"
    if len(sections) == 1:
        return f";\r\n {name}*={sections[0]}"
    return "".join(f";\r\n {name}*{number}*={section}" for number, section in enumerate(sections))


def content_type(value: str) -> str:
    """type/subtype in lower case without parameters; application/octet-stream where it is none or has parts inside."""
    kind, slash, subtype = value.partition(";")[0].strip().lower().partition("/")
    if not slash or not _TOKEN.fullmatch(kind) or not _TOKEN.fullmatch(subtype) or kind in ("multipart", "message"):
        return "application/octet-stream"  # a message must not be encoded in base64 (RFC 2046 5.2.1)
    return f"{kind}/{subtype}"


def address_text(address: str) -> str:
    """An address as it stands in a field: domain in A-labels, anything no address can hold left out."""
    if not is_valid(address):
        address = _NOT_IN_ADDRESS.sub("", clean(address))[:320]
    return wire(address)


def is_id(text: str) -> bool:
    """Whether the text can stand between the angle brackets of a Content-ID or Message-ID."""
    return len(text) <= 200 and _ID.fullmatch(text) is not None


def _folded(name: str, atoms: list[str]) -> str:
    """The field in lines of at most 76 characters where its atoms allow that."""
    line = f"{name}: {atoms[0]}"
    lines: list[str] = []
    for atom in atoms[1:]:
        if len(line) + 1 + len(atom) > _WIDTH:
            lines.append(line)
            line = " " + atom
        else:
            line += " " + atom
    lines.append(line + "\r\n")
    return "\r\n".join(lines)


def _phrase(name: str, room: int) -> list[str]:
    """A display name as atoms, one quoted string, or encoded words."""
    name = " ".join(one_line(name)[:MAX_NAME].split())
    if not name:
        return []
    if name.isascii() and "=?" not in name and len(name) <= _LONGEST_WORD:
        if _ATOMS.fullmatch(name):
            return name.split(" ")
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return [f'"{escaped}"']
    return _encoded(name, room)


def _encoded(text: str, room: int) -> list[str]:
    """Encoded words, no character cut in two; `room`: characters on the first line."""
    data = text.encode()
    unsafe = len(data.translate(None, _Q_SAFE))
    by_letter = len(data) + 2 * unsafe <= len(data) * 4 // 3
    words: list[str] = []
    piece: list[str] = []
    size, limit = 0, _payload(room, by_letter)
    for letter in text:
        if by_letter:
            letter = _Q[ord(letter)] if letter < "\x80" else "".join(_Q[byte] for byte in letter.encode())
            length = len(letter)
        else:
            length = 1 if letter < "\x80" else 2 if letter < "\u0800" else 3 if letter < "\U00010000" else 4
        if size + length > limit and piece:
            words.append(_word("".join(piece), by_letter))
            piece, size, limit = [], 0, _payload(_WIDTH - 1, by_letter)
        piece.append(letter)
        size += length
    words.append(_word("".join(piece), by_letter))
    return words


def _payload(room: int, by_letter: bool) -> int:
    """Characters of Q, or bytes to be put in base64, that fit into a word on a line with so much room."""
    room = max(room, 30) - len("=?utf-8?Q??=") - 1  # the comma after an address
    return room if by_letter else room // 4 * 3


def _word(piece: str, by_letter: bool) -> str:
    if by_letter:
        return f"=?utf-8?Q?{piece}?="
    return f"=?utf-8?B?{b2a_base64(piece.encode(), newline=False).decode('ascii')}?="

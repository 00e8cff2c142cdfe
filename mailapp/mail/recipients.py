"""Recipients as people type and paste them into To, Cc and Bcc."""

import re
from collections.abc import Iterable, Sequence

from mailapp.mail.address import fold, is_valid, split
from mailapp.mail.charsets import clean
from mailapp.mail.message import MAX_ADDRESS, MAX_NAME, Person
from mailapp.values import dataclass

NAMES_SHOWN = 3
"""Recipients a list names before it only counts."""

_WIDE = str.maketrans("＠＜＞", "@<>")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_LINES = re.compile(r"[\n\r\u2028\u2029;；]")
_TOKEN = re.compile(
    r'"((?>(?:[^"\\\n]++|\\[^\n])*))"?+|<([^<>\n]*+)>?+|([,，、])|([;；\n])|([^"<,，、;；\n]++)', re.DOTALL
)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_PLAIN_NAME = re.compile(r'[^\x00-\x1f"\\<>(),:;@，；、＠＜＞]*')
_PARTING = re.compile("[，；、]")
"""What ends an address where it stands without <>, though its local part may hold it."""
_SCHEME = re.compile(r"mailto:\s*", re.IGNORECASE)
_MAX_WRONG = 200


@dataclass(frozen=True, slots=True)
class Recipients:
    """What an address field holds."""

    people: tuple[Person, ...] = ()
    """In the order typed, each address once; every address can be delivered to (`address.is_valid`)."""
    wrong: tuple[str, ...] = ()
    """What is no address, as typed, each cut at 200 characters."""


def parse_recipients(text: str) -> Recipients:
    """Read an address field. Linear, never raises.

    Separators are , ; ， ； 、 and line breaks, between bare addresses also blanks. Where semicolons or lines part the
    recipients, a comma before an address belongs to its name: "Doe, John <jd@example.org>; ...".
    """
    text = _CONTROLS.sub(" ", clean(text).translate(_WIDE)).replace("\r\n", "\n")
    commas_part = _LINES.search(text.strip()) is None
    reader = _Reader(commas_part)
    reader.read(text.replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n"))
    return Recipients(tuple(reader.people.values()), tuple(reader.wrong))


def show(people: Iterable[Person]) -> str:
    """People as one line for an address field; `parse_recipients` reads the same people from it."""
    return ", ".join(_show(person) for person in people)


def to_names(people: Sequence[Person]) -> tuple[str, int]:
    """Whom a list names, as messages.to_names holds it: the first three names one a line, and how many there are."""
    names = [_one_line(person.name) or _one_line(person.address) for person in people[:NAMES_SHOWN]]
    return "\n".join(names), len(people)


def wire(address: str) -> str:
    """An address as it goes into RCPT and header fields: local part as spelled, domain in A-labels (RFC 5891)."""
    local, domain = split(address)
    return f"{local}@{split(fold(address))[1]}" if domain else local


def needs_utf8(addresses: Iterable[str]) -> bool:
    """Whether one of the addresses can only travel with SMTPUTF8 (RFC 6531): its local part is not ASCII."""
    return any(not split(address)[0].isascii() for address in addresses)


def _show(person: Person) -> str:
    name = _one_line(person.name)
    if not name:
        return f"<{person.address}>" if _PARTING.search(person.address) else person.address
    if not _PLAIN_NAME.fullmatch(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{person.address}>"


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _Reader:
    """One pass over the tokens; the fields hold the recipient being read."""

    def __init__(self, commas_part: bool) -> None:
        self.commas_part = commas_part
        self.people: dict[str, Person] = {}
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.quoted = False
        self.has_at = False

    def read(self, text: str) -> None:
        for token in _TOKEN.finditer(text):
            quoted, angle, comma, end, bare = token.groups()
            if quoted is not None:
                self.words.append(_QUOTED_PAIR.sub(r"\1", quoted))
                self.quoted = True
            elif angle is not None:
                self._add(_one_line("".join(self.words)), angle)
            elif end or (comma and (self.commas_part or self.has_at or not self.words)):
                self._finish()
            elif comma:
                self.words.append(",")
            elif bare:
                self.words.append(bare)
                self.has_at = self.has_at or "@" in bare
        self._finish()

    def _clear(self) -> None:
        self.words = []
        self.quoted = self.has_at = False

    def _finish(self) -> None:
        """What stood there without <>: an address, several with blanks between, a name before one, or nothing."""
        words, quoted = self.words, self.quoted
        self._clear()
        if "," in words:
            end = len(words) - words[::-1].index(",")
            self._refuse(_one_line("".join(words[: end - 1])))  # no address with <> followed: it was no name
            words = words[end:]
        text = _one_line("".join(words))
        if not text.strip("<>\"'., "):
            return
        words = text.split()
        if quoted or "@" not in words[-1]:
            self._refuse(text)
        elif all("@" in word for word in words):
            for word in words:
                self._add("", word)
        elif any("@" in word for word in words[:-1]):
            self._refuse(text)
        else:
            self._add(" ".join(words[:-1]), words[-1])

    def _add(self, name: str, address: str) -> None:
        self._clear()
        address = _SCHEME.sub("", _INVISIBLE.sub("", address).strip())
        address = address if address.endswith("]") else address.rstrip(".")
        if not is_valid(address) or len(address) > MAX_ADDRESS:
            self._refuse(f"{name} <{address}>" if name else address)
            return
        name = name.strip("' ")[:MAX_NAME].rstrip()
        if name == address:
            name = ""
        known = self.people.get(fold(address))
        if known is None or (name and not known.name):
            self.people[fold(address)] = Person(name, known.address if known else address)

    def _refuse(self, text: str) -> None:
        if text.strip() and len(self.wrong) < _MAX_WRONG:
            self.wrong.append(text.strip()[:200])

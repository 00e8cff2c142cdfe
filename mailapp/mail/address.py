"""E-mail addresses: folding, splitting, and reading address fields (RFC 5321 4.1.2, RFC 5322 3.4)."""

import re
from functools import lru_cache
from unicodedata import category, normalize

from mailapp.mail.charsets import clean
from mailapp.mail.headers import decode_words, one_line
from mailapp.mail.limits import DEFAULT
from mailapp.mail.message import MAX_ADDRESS, MAX_NAME, Person

_PLAIN = re.compile(r'(?:"([^"\\]*+)"|([^<>"(),:;@\\\[\]，；＜＞]*+))\s*<([^<>"(),:;\s，；＜＞]++)>')
_BARE = re.compile(r'[^<>"(),:;\s@，；＜＞]++@[^<>"(),:;\s@，；＜＞]++')
_TOKEN = re.compile(
    r'"((?>(?:[^"\\]++|\\.)*))"?+|([<＜])([^<>＜＞,;]*+)[>＞]?+|([()])|([,;，；、])|(:)|([^"<＜()，；、,;:>＞]++)|[>＞]',
    re.DOTALL,
)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]{1,64}")
_DOMAIN_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LITERAL = re.compile(r"\[(?:IPv6:)?[0-9a-fA-F:.]{2,60}\]")
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"})
"""Categories of Unicode that a domain is made of (RFC 5892 2.1)."""
_LETTERS_TOO = frozenset("-_·\u0375\u05f3\u05f4\u06fd\u06fe\u0f0b〇・")
"""What RFC 5892 (2.6, A.3 to A.7) permits besides, and what labels of hosts hold."""
_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
"""Characters that show nothing (Default_Ignorable_Code_Point)."""
_DOTS = str.maketrans("。．｡", "...")
_MAX_FIELD = 131_072
_MAX_WORDS = 1_000
"""Words and separators of one mailbox; so many without an end are no mailbox."""
_KEPT_FIELD = 200
"""Characters of an address field up to which its persons are remembered."""
_BLANKS = "".join(one for one in map(chr, range(0x3001)) if one.isspace())
_AROUND = _BLANKS + "<>"
_TRAILING = _AROUND + "@.。．｡"


def split(address: str) -> tuple[str, str]:
    """(local part, domain) at the last @, as spelled; the domain is "" where there is none."""
    local, at, domain = address.strip(_AROUND).rpartition("@")
    return (local, domain) if at else (domain, "")


@lru_cache(maxsize=4096)
def fold(address: str) -> str:
    """The form addresses are compared and stored in: lower case, domain in A-labels (RFC 5890). Never raises."""
    local, domain = split(clean(address).rstrip(_TRAILING))
    local = local.lower()
    if not domain:
        return local
    return f"{local}@{_fold_domain(domain)}"


@lru_cache(maxsize=4096)
def domain_of(address: str) -> str:
    """Folded; "" where there is none."""
    return split(fold(address))[1]


@lru_cache(maxsize=4096)
def _fold_domain(domain: str) -> str:
    domain = domain.translate(_DOTS).lower().strip(_BLANKS).rstrip("." + _BLANKS)
    if domain.isascii():
        return domain
    labels = [label if label.isascii() else _a_label(label) for label in domain.split(".")]
    return ".".join(labels)


def _a_label(label: str) -> str:
    if len(label) > 63:
        return label
    try:
        return label.encode("idna").decode("ascii").lower()
    except (UnicodeError, ValueError):
        return label.casefold()


def is_valid(address: str) -> bool:
    """Whether the address can be delivered to: a dot-atom local part (UTF-8 allowed, RFC 6531) and a domain."""
    local, domain = split(address)
    if address.count("@") != 1 or address != address.strip() or "<" in address or ">" in address:
        return False
    if not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        return False
    if clean(address) != address:
        return False
    if _LITERAL.fullmatch(domain):
        return True
    folded = _fold_domain(domain)
    if not 0 < len(folded) <= 253 or not all(_DOMAIN_LABEL.fullmatch(label) for label in folded.split(".")):
        return False
    return domain.isascii() or _is_worded(folded)


@lru_cache(maxsize=4096)
def _is_worded(folded: str) -> bool:
    """Whether the A-labels of a folded domain stand for letters and digits, not for punctuation or pictures."""
    return all(_is_word(label) for label in folded.split(".") if label.startswith("xn--"))


def _is_word(a_label: str) -> bool:
    try:
        label = a_label.removeprefix("xn--").encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return False
    return all(one in _LETTERS_TOO or category(one) in _LETTERS for one in label)


def skeleton(local: str) -> str:
    """What a local part is taken for by eyes: NFKC_Casefold, so that full-width ＡＮＮ is ann. Not what is compared."""
    return normalize("NFKC", _IGNORED.sub("", normalize("NFKC", local).casefold()))


def strip_tag(local: str) -> str:
    """The local part without its plus-address tag (RFC 5233): shop+news -> shop."""
    name = local.partition("+")[0]
    return name or local


def parse_addresses(value: str, limit: int = DEFAULT.addresses) -> tuple[Person, ...]:
    """Persons of an address field, at most `limit`, however it is written. Linear, never raises.

    `value` may be folded and carry encoded words; group names and comments are left out, a comment
    names a bare address.
    """
    # The same few senders and recipients come again and again.
    return _parse_known(value, limit) if len(value) <= _KEPT_FIELD else _parse(value, limit)


def _parse(value: str, limit: int) -> tuple[Person, ...]:
    value = one_line(value[:_MAX_FIELD])
    plain = _PLAIN.fullmatch(value)
    if plain:
        return (_person(plain[1] if plain[1] is not None else plain[2], plain[3]),)
    if _BARE.fullmatch(value):
        return (_cut("", value),)
    reader = _Reader(limit)
    reader.read(value)
    if "=?" in value and not any("@" in person.address for person in reader.found):
        # Some mailers encode the whole field, address and all.
        decoded = _Reader(limit)
        decoded.read(decode_words(value))
        if any("@" in person.address for person in decoded.found):
            return tuple(decoded.found)
    return tuple(reader.found)


_parse_known = lru_cache(maxsize=1024)(_parse)


def _person(name: str, address: str) -> Person:
    if "=?" in name:
        name = decode_words(name)
    if "=?" in address:
        address = decode_words(address)
    return _cut(" ".join(name.split()).strip("\"'").strip(), "".join(address.split()))


def _cut(name: str, address: str) -> Person:
    return Person(clean(name)[:MAX_NAME].rstrip(), clean(address)[:MAX_ADDRESS])


class _Reader:
    """One pass over the tokens of an address field; the fields hold the mailbox being read."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.found: list[Person] = []
        self.words: list[str] = []
        self.has_at = False  # whether one of the words holds an @: asked at every separator
        self.comment: list[str] = []
        self.angle: str | None = None
        self.depth = 0

    def read(self, value: str) -> None:
        for token in _TOKEN.finditer(value):
            quoted, angle, inside, paren, separator, colon, text = token.groups()
            if paren:
                self.depth = max(0, self.depth + (1 if paren == "(" else -1))
            elif self.depth:
                self.comment.append(token[0])
            elif angle:
                self._angle(inside)
            elif separator:
                self._separate(separator)
            elif colon:
                self._colon()
            elif quoted is not None:
                self._word(_QUOTED_PAIR.sub(r"\1", quoted))
            elif text:
                self._text(text)
            if len(self.words) >= _MAX_WORDS:
                self._finish()
            if len(self.found) >= self.limit:
                return
        self._finish()

    def _angle(self, inside: str) -> None:
        if self.angle is not None:
            self._finish()  # "A <a@x> B <b@x>": the comma was forgotten
        self.angle = inside.rpartition(":")[2] if inside.startswith("@") else inside  # source routes are ignored

    def _text(self, text: str) -> None:
        if self.angle is not None and text.strip():
            self._finish()
        self._word(text)

    def _word(self, text: str) -> None:
        self.words.append(text)
        self.has_at = self.has_at or "@" in text

    def _colon(self) -> None:
        if self.has_at:
            if self.words[-1].strip().lower() == "mailto":
                self.words.pop()
        else:
            self.words.clear()  # the name of a group, or "mailto:"

    def _separate(self, separator: str) -> None:
        if self.angle is not None or self.has_at or separator == ";":
            self._finish()
        elif self.words:
            self.words.append(separator)  # "Doe, John <jd@example.org>" without its quotes

    def _finish(self) -> None:
        words, comment, angle = self.words, self.comment, self.angle
        self.words, self.comment, self.angle, self.has_at = [], [], None, False
        if angle is not None:
            name = "".join(words).strip() or " ".join(comment)
            if angle.strip() or name.strip():
                self.found.append(_person(name, angle))
            return
        text = "".join(words).strip()
        if "@" not in text:
            if text and " " not in text and text not in ",;，；、":
                self.found.append(_cut("", text) if "=?" not in text else _person(text, ""))
            elif text.strip(",;，；、 "):
                self.found.append(_person(text.strip(",;，；、 "), ""))
            return
        bare = text.split()
        address = next((word for word in reversed(bare) if "@" in word), text)
        name = " ".join(word for word in bare if word is not address) or " ".join(comment)
        self.found.append(_person(name, address))

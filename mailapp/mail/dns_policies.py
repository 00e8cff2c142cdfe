"""Records that carry a policy as `tag=value;`: DMARC (RFC 7489), MTA-STS (RFC 8461), TLS-RPT (RFC 8460), DKIM keys."""

import re

from mailapp.values import dataclass

LONGEST = 8_192
"""Characters that are looked at."""
TAGS = 50
PASTED_MAX = 4_000
PASTED_RECORDS = 30
TYPES = ("CNAME", "TXT", "MX")
_LABELS = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")
_SPLIT = re.compile(r"[\t |]+")


def tags(text: str) -> dict[str, str]:
    """Tag in lower case -> value; the first of each counts."""
    found: dict[str, str] = {}
    for item in text[:LONGEST].split(";")[:TAGS]:
        name, equals, value = item.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A policy file."""

    mode: str
    """enforce, testing or none; "" where it is no policy."""
    mx: tuple[str, ...]
    max_age: int
    """Seconds; 0 where it is missing."""

    def allows(self, host: str) -> bool:
        """Whether mail may go to this MX host (RFC 8461 4.1): a `*.` stands for exactly one label."""
        name = host.lower().rstrip(".")
        for pattern in self.mx:
            if pattern == name or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:]):
                return True
        return False


def sts_policy(text: str) -> StsPolicy:
    """Never raises."""
    fields: dict[str, list[str]] = {}
    for line in text[:LONGEST].splitlines()[:200]:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), []).append(value.strip().lower().rstrip("."))
    mode = fields.get("mode", [""])[0]
    age = fields.get("max_age", [""])[0]
    is_policy = fields.get("version", [""])[0] == "stsv1" and mode in ("enforce", "testing", "none")
    return StsPolicy(
        mode if is_policy else "",
        tuple(fields.get("mx", [])),
        int(age) if age.isascii() and age.isdigit() and len(age) < 12 else 0,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record that a relay's page asks for."""

    name: str
    """Whole, folded, without a final dot."""
    type: str
    value: str
    """As it was pasted, without quotes."""


def pasted(domain: str, text: str) -> tuple[Wanted, ...]:
    """The records in what an admin pasted: one a line, its type somewhere among name and value.

    `em1.example.com CNAME u1.wl.sendgrid.net`, `TXT resend._domainkey p=MIG...`, `CNAME | s1._domainkey | target`.
    Names may lack the domain. Lines without a type, a name or a value are passed over. Never raises.
    """
    found: dict[tuple[str, str, str], Wanted] = {}
    for line in text[:PASTED_MAX].splitlines():
        words = [word for word in _SPLIT.split(line.strip()) if word not in ("", "IN", "in")]
        at = next((place for place, word in enumerate(words) if word.upper() in TYPES), -1)
        if at < 0 or at > 2 or len(found) >= PASTED_RECORDS:
            continue
        type_ = words[at].upper()
        rest = words[at + 1 :]
        name, rest = (words[0], rest) if at else (rest[0] if rest else "", rest[1:])
        name = name.lower().rstrip(".")
        value = " ".join(rest).strip().strip('"') if type_ == "TXT" else (rest[-1] if rest else "").lower().rstrip(".")
        if name == "@":
            name = domain
        elif name and name != domain and not name.endswith("." + domain):
            name = f"{name}.{domain}"
        if value and _LABELS.fullmatch(name):
            found[name, type_, value] = Wanted(name, type_, value)
    return tuple(found.values())

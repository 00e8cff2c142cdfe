"""SPF records as far as an admin has to understand them (RFC 7208): one record, what it includes, how it ends."""

import re
from collections.abc import Sequence

from mailapp.values import dataclass

LONGEST = 4_096
"""Characters of a record that are looked at."""
TERMS = 100
LOOKUPS = 10
"""Mechanisms that ask DNS which one evaluation may hold (RFC 7208 4.6.4)."""
_ASKING = ("include", "a", "mx", "ptr", "exists", "redirect")
_TERM = re.compile(r"([+?~-]?)([a-z][a-z0-9_.-]*)(?:[:=](.*?))?(/[0-9/]+)?")


@dataclass(frozen=True, slots=True)
class Spf:
    """One record."""

    terms: tuple[str, ...]
    includes: tuple[str, ...]
    """Domains of include and redirect, in order."""
    asking: int
    """Its own mechanisms that ask DNS."""
    ending: str
    """Qualifier of "all": "-", "~", "?", "+"; "" where there is none."""
    redirects: bool
    wrong: str
    """The first term that is none, "" where all are."""


def is_spf(text: str) -> bool:
    head = text[:7].lower()
    return head in ("v=spf1", "v=spf1 ")


def read(text: str) -> Spf:
    """Never raises; for a text that `is_spf`."""
    terms = tuple(text[:LONGEST].split()[1 : TERMS + 1])
    includes: list[str] = []
    asking, ending, redirects, wrong = 0, "", False, ""
    for term in terms:
        found = _TERM.fullmatch(term.lower())
        if found is None:
            wrong = wrong or term
            continue
        qualifier, name, value = found[1] or "+", found[2], found[3] or ""
        asking += name in _ASKING
        if name in ("include", "redirect") and value:
            includes.append(value.rstrip("."))
            redirects = redirects or name == "redirect"
        if name == "all" and not ending:
            ending = qualifier
        if name not in (*_ASKING, "all", "ip4", "ip6", "exp") and "=" not in term:
            wrong = wrong or term
    return Spf(terms, tuple(includes), asking, ending, redirects, wrong)


def allowing(text: str, includes: Sequence[str]) -> str:
    """The record with these includes added before its end; a new one where `text` is ""."""
    added = [f"include:{each}" for each in includes]
    if not text:
        return " ".join(["v=spf1", *added, "~all"])
    terms = text[:LONGEST].split()
    at = next((place for place, term in enumerate(terms) if _closes(term)), len(terms))
    missing = [each for each in added if each.lower() not in (term.lower().lstrip("+") for term in terms)]
    return " ".join([*terms[:at], *missing, *terms[at:]])


def _closes(term: str) -> bool:
    name = term.lower().lstrip("+-~?")
    return name == "all" or name.startswith("redirect=")

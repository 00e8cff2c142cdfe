"""Whether a domain lets SendGrid speak for it: its three CNAMEs, and DMARC, as DNS has them now.

Automated security (the default there) names three CNAMEs: em<number> for the return path, s1._domainkey and
s2._domainkey for the signatures. Only SendGrid knows the number and the targets, so what it shows may be pasted in.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

from mailapp.flow.looking_up import Lookup, NoAnswer, NoName, NoSuchRecord
from mailapp.values import dataclass

__all__ = ["NoAnswer", "NoName", "NoSuchRecord", "Record", "Resolve", "check", "read", "resolve"]

TIMEOUT_S = 8.0
"""Seconds one question may take, with its repetitions."""
PASTED_MAX = 4_000
"""Characters of pasted records that are looked at."""
TARGETS = ".sendgrid.net"
SELECTORS = ("s1._domainkey", "s2._domainkey")
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")
_RETURN_PATH = re.compile(r"em\d+")

OK, MISSING, WRONG, DOUBLED, PROXIED, UNKNOWN, SILENT = (
    "ok",
    "missing",
    "wrong",
    "doubled",
    "proxied",
    "unknown",
    "silent",
)
"""missing: no such record. wrong: it points elsewhere. doubled: made with the domain twice, as some DNS pages do.
proxied: the name has an address but no CNAME, as behind a CDN. unknown: nobody told its name. silent: DNS gave no
answer."""


Resolve = Callable[[str, str], Awaitable[tuple[str, ...]]]
"""(name, type) -> values without final dots. Raises NoName, NoSuchRecord, NoAnswer."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record that should be there, and what was found."""

    name: str
    type: str
    wanted: str
    """The value, "" where only SendGrid's page tells it."""
    found: tuple[str, ...]
    state: str
    """ok, missing, wrong, doubled, proxied, unknown or silent."""


async def resolve(name: str, type_: str) -> tuple[str, ...]:
    """Ask the machine's DNS servers."""
    found = await Lookup(timeout=TIMEOUT_S).ask(name, type_)
    return tuple(each.lower() for each in found)


async def check(domain: str, pasted: str = "", resolve: Resolve = resolve) -> tuple[Record, ...]:
    """Look up what SendGrid's domain authentication needs for a folded domain, all at once.

    `pasted` is what its page shows, in any order and form: names are known by their beginning, targets by their end.
    """
    targets = read(domain, pasted)
    return_path = next((name for name in targets if _RETURN_PATH.match(name)), "")
    names = [return_path, *(f"{selector}.{domain}" for selector in SELECTORS)]
    checks = [_cname(domain, name, targets.get(name, ""), resolve) for name in names]
    return tuple(await asyncio.gather(*checks, _dmarc(domain, resolve)))


def read(domain: str, pasted: str) -> dict[str, str]:
    """Name -> target ("" unknown) of the records in pasted text."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for word in re.split(r"[\s,;|\"'`]+", pasted[:PASTED_MAX].lower()):
        name = word.rstrip(".")
        if not _NAME.fullmatch(name):
            continue
        if name.endswith(TARGETS):
            known = next((each for each in waiting if not found[each] and _belong(each, name)), None)
            if known:
                found[known] = name
        elif name.split(".")[0] in ("s1", "s2") or _RETURN_PATH.fullmatch(name.split(".")[0]):
            whole = name if name.endswith("." + domain) else f"{name}.{domain}"
            found.setdefault(whole, "")
            waiting.append(whole)
    return found


def _belong(name: str, target: str) -> bool:
    """Whether a target can be that of a name: a key's begins with the key's own selector."""
    first = target.split(".")[0]
    return first == name.split(".")[0] if "._domainkey." in name else first not in ("s1", "s2")


async def _cname(domain: str, name: str, wanted: str, resolve: Resolve) -> Record:
    if not name:
        return Record(f"em….{domain}", "CNAME", "", (), UNKNOWN)
    try:
        found = await resolve(name, "CNAME")
    except NoAnswer:
        return Record(name, "CNAME", wanted, (), SILENT)
    except NoName:
        return Record(name, "CNAME", wanted, (), await _why_missing(domain, name, resolve))
    except NoSuchRecord:
        return Record(name, "CNAME", wanted, (), PROXIED)
    right = wanted in found if wanted else any(each.endswith(TARGETS) for each in found)
    return Record(name, "CNAME", wanted, found, OK if right else WRONG)


async def _why_missing(domain: str, name: str, resolve: Resolve) -> str:
    try:
        await resolve(f"{name}.{domain}", "CNAME")
    except (NoName, NoSuchRecord, NoAnswer):
        return MISSING
    return DOUBLED


async def _dmarc(domain: str, resolve: Resolve) -> Record:
    name = f"_dmarc.{domain}"
    wanted = "v=DMARC1; p=none;"
    try:
        found = tuple(each for each in await resolve(name, "TXT") if each.startswith("v=dmarc1"))
    except (NoName, NoSuchRecord):
        found = ()
    except NoAnswer:
        return Record(name, "TXT", wanted, (), SILENT)
    return Record(name, "TXT", wanted, found, OK if found else MISSING)

"""Who a message really is from: what its own header and links say against what they show.

Nothing here is proof. No header is taken as verified: a finding says what does not fit, never that something does.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import field

from mailapp.mail.address import fold, parse_addresses, split
from mailapp.mail.brands import brand_in, is_site_of, well_known
from mailapp.mail.headers import text_of
from mailapp.mail.hosts import likeness, looks_like, readable, site_of
from mailapp.mail.link_lies import Lies
from mailapp.mail.markup import names
from mailapp.mail.message import Message, Person
from mailapp.values import dataclass

_IN_NAME = re.compile(r"[^\s<>()\"'@,;:]{1,64}@([^\s<>()\"'@,;:]{1,253}\.[^\s<>()\"'@,;:]{2,63})")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_ICLOUD_SENDER = re.compile(r"(?:^|;)\s*s=([^;\s]{3,320})")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit.

    kind and values: look_alike {site, like}; name_address {name, address}; name_ours {name, domain, address};
    name_brand {brand, site}; relayed {service, address}; via {site}; reply_to {address}; links {count, shown, leads}.
    """

    kind: str
    serious: bool
    """Somebody is probably being deceived; else it is only worth knowing."""
    values: dict[str, str | int] = field(default_factory=dict)


_SIMPLELOGIN = names(
    """simplelogin.co simplelogin.com simplelogin.io aleeas.com slmails.com silomails.com slmail.me 8alias.com
    8shield.net dralias.com"""
)
_ADDY = frozenset(("addy.io", "anonaddy.com", "anonaddy.me", "addymail.com", "4wrd.cc", "mailer.me"))
_SERVICES = (
    ("Hide My Email", frozenset(("icloud.com", "appleid.com")), "x-icloud-hme"),
    ("SimpleLogin", _SIMPLELOGIN, "x-simplelogin-original-from"),
    ("addy.io", _ADDY, "x-anonaddy-original-sender"),
    ("Firefox Relay", frozenset(("mozmail.com",)), ""),
    ("DuckDuckGo", frozenset(("duck.com",)), ""),
)
"""Services that pass mail on under addresses of their own, their sites, the field that names who wrote."""


def findings(message: Message, own: Collection[str], known: Iterable[str] = ()) -> tuple[Finding, ...]:
    """What does not fit in the header, the serious first; for links see `of_links`. Never raises, linear.

    own: domains of this server in A-labels; known: domains of people the reader writes with.
    """
    author = message.from_[0] if message.from_ else None
    found: list[Finding] = []
    if author is not None and "@" in author.address:
        address = fold(author.address)
        site = site_of(split(address)[1])
        sites = [site_of(domain) for domain in own]
        relayed = _relayed(message, site)
        if relayed:
            found.append(relayed)
        else:
            found += _author(author, address, site, sites, known)
            found += _others(message, site)
    return tuple(sorted(found, key=lambda one: not one.serious))


def _author(author: Person, address: str, site: str, sites: Collection[str], known: Iterable[str]) -> Iterable[Finding]:
    like = "" if site in sites or is_site_of(site) else _like(site, sites, known)
    if like:
        yield Finding("look_alike", True, {"site": readable(site), "like": readable(like)})
    name = _INVISIBLE.sub("", author.name)
    shown = _IN_NAME.search(name)
    if shown:
        if site_of(shown[1]) != site:
            yield Finding("name_address", True, {"name": shown[0][:120], "address": address[:120]})
        return
    if site not in sites:
        ours = next((each for each in sites if each and each in name.casefold()), "")
        if ours:
            yield Finding("name_ours", True, {"name": name[:120], "domain": ours, "address": address[:120]})
            return
    brand = brand_in(name)
    if brand and not is_site_of(site, brand) and site not in sites:
        yield Finding("name_brand", True, {"brand": brand, "site": readable(site)})


def _like(site: str, sites: Collection[str], known: Iterable[str]) -> str:
    """The site this one could be taken for: one of ours, of somebody the reader writes with, or a well-known one."""
    friends = {site_of(domain) for domain in known}
    if site in friends:
        return ""
    for other in sites:
        if looks_like(site, other):
            return other
    theirs = likeness(site)
    return next((each for each in (*friends, *well_known()) if likeness(each) == theirs and each != site), "")


def _others(message: Message, site: str) -> Iterable[Finding]:
    """Sender and Reply-To at other sites than From; a list's own are how lists work."""
    if any(name.lower() in ("list-id", "list-post") for name, _ in message.fields):
        return
    sender = message.sender[0] if message.sender else None
    if sender is not None and "@" in sender.address:
        via = site_of(split(fold(sender.address))[1])
        if via and via != site:
            yield Finding("via", False, {"site": readable(via)})
    replies = [fold(one.address) for one in message.reply_to if "@" in one.address]
    if replies and all(site_of(split(each)[1]) != site for each in replies):
        yield Finding("reply_to", False, {"address": replies[0][:120]})


def _relayed(message: Message, site: str) -> Finding | None:
    """What a relaying service names as the sender; only where the message claims to come from that service."""
    for service, sites, name in _SERVICES:
        if site not in sites:
            continue
        raw = next((value for key, value in message.fields if key.lower() == name), "")
        raw = text_of(raw, message.charset_hint)
        if name == "x-icloud-hme":
            found = _ICLOUD_SENDER.search(raw[:2_000])
            raw = found[1] if found else ""
        people = parse_addresses(raw[:1_000], 1) if raw else ()
        address = fold(people[0].address) if people else ""
        if "@" in address:
            return Finding("relayed", False, {"service": service, "address": address[:120]})
        if not name:
            return Finding("relayed", False, {"service": service, "address": ""})
    return None


def of_links(lies: Lies | None) -> tuple[Finding, ...]:
    """What the links of a message show falsely, as a finding."""
    if lies is None:
        return ()
    values: dict[str, str | int] = {"count": lies.count, "shown": readable(lies.shown), "leads": readable(lies.leads)}
    return (Finding("links", False, values),)

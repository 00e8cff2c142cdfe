"""Whether relays let us in, and whether DNS lets them speak for a domain: their keys, and the records they ask for."""

import asyncio

from mailapp.flow import relay_dns
from mailapp.flow.check_finding import BAD, HINT, OK, WARN, Result, Value, record
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.looking_up import NoName, NoSuchRecord
from mailapp.flow.relay_alignment import Alignment, alignment
from mailapp.flow.relaying import target_of
from mailapp.mail.dns_policies import Wanted, pasted, tags
from mailapp.seal import SealBroken
from mailapp.store.relays import Relay
from mailapp.transport.relay_test import try_relay

LOGIN_S = 18.0
"""Seconds a login may take, the look at other ports included."""
SENDGRID = "sendgrid"
KEY = "._domainkey."


def wanted_records(domain: str, text: str) -> tuple[Wanted, ...]:
    """What a relay's page asks for, as it was pasted; SendGrid's may be without types."""
    found = pasted(domain, text)
    if found:
        return found
    named = relay_dns.read(domain, text)
    return tuple(Wanted(name, "CNAME", target) for name, target in named.items() if target)


async def login(here: Surroundings, relay: Relay) -> Result:
    """Connect and log in; nothing is sent."""
    try:
        target = await asyncio.to_thread(target_of, relay, here.seal)
    except SealBroken:
        return Result(BAD, "sealing", _where(relay))
    dialogue = await try_relay(target, here.hostname, None, tls=here.tls, total=LOGIN_S)
    if dialogue.ok:
        return Result(OK, "ok", _where(relay))
    ports = ", ".join(map(str, dialogue.open_ports))
    return Result(BAD, dialogue.kind, {**_where(relay), "ports": ports, "text": dialogue.text})


def _where(relay: Relay) -> dict[str, Value]:
    return {"host": relay.host, "port": relay.port, "preset": relay.preset, "security": relay.security}


async def dkim(here: Surroundings, domain: str, relay: Relay, text: str) -> Result:
    """Whether the keys are in DNS that this relay signs mail of the domain with."""
    wants, service = alignment(relay.preset), relay.name
    known = [each for each in wanted_records(domain, text) if KEY in each.name]
    if known:
        return await _all_there(here, known, service)
    if not wants.selectors:
        return Result(HINT, "unknown", {"relay": service})
    names = [f"{selector}{KEY}{domain}" for selector in wants.selectors]
    found = dict(zip(names, await asyncio.gather(*(_key(here, name, wants) for name in names)), strict=True))
    there = [name for name, state in found.items() if state == OK]
    values: dict[str, Value] = {"relay": service, "found": ", ".join(there)}
    if len(there) == len(names) or (there and not wants.all_):
        return Result(OK, "there", values)
    wrong = [name for name, state in found.items() if state == "wrong"]
    if wrong:
        return Result(BAD, "wrong", {**values, "name": wrong[0]})
    missing = [name for name in names if name not in there] if wants.all_ else names[:1]
    return Result(BAD if wants.all_ else WARN, "missing", {**values, "name": ", ".join(missing)})


async def _key(here: Surroundings, name: str, wants: Alignment) -> str:
    """ok, wrong (it points elsewhere, or its key is empty) or missing."""
    targets = await here.lookup.find(name, "CNAME")
    if targets:
        return OK if not wants.target or targets[0].endswith(wants.target) else "wrong"
    if wants.target:
        return "missing"
    keys = [tags(each) for each in await here.lookup.find(name, "TXT")]
    held = [each["p"] for each in keys if "p" in each]
    return "missing" if not held else OK if held[0] else "wrong"


async def _all_there(here: Surroundings, known: list[Wanted], service: str) -> Result:
    results = await asyncio.gather(*(one_record(here, each) for each in known))
    bad = [(each, result) for each, result in zip(known, results, strict=True) if result.state != OK]
    if not bad:
        return Result(OK, "there", {"relay": service, "found": ", ".join(each.name for each in known)})
    remedies = tuple(remedy for _, result in bad for remedy in result.remedies)
    names = ", ".join(each.name for each, _ in bad)
    reason = "missing" if all(result.reason in ("missing", "doubled") for _, result in bad) else "wrong"
    return Result(BAD, reason, {"relay": service, "found": "", "name": names}, remedies)


async def one_record(here: Surroundings, wanted: Wanted) -> Result:
    """Whether DNS has a record a relay asks for."""
    remedy = (record(wanted.name, wanted.type, wanted.value),)
    values: dict[str, Value] = {"name": wanted.name, "type": wanted.type}
    try:
        found = await here.lookup.ask(wanted.name, wanted.type)
    except NoName:
        domain = wanted.name.rpartition(KEY)[2] if KEY in wanted.name else wanted.name.partition(".")[2]
        doubled = await here.lookup.find(f"{wanted.name}.{domain}", wanted.type)
        return Result(BAD, "doubled" if doubled else "missing", values, remedy)
    except NoSuchRecord:
        proxied = wanted.type == "CNAME" and await here.lookup.addresses(wanted.name)
        return Result(BAD, "proxied" if proxied else "missing", values, remedy)
    if any(_same(each, wanted) for each in found):
        return Result(OK, "there", values)
    return Result(BAD, "wrong", {**values, "found": ", ".join(found)}, remedy)


def _same(found: str, wanted: Wanted) -> bool:
    if wanted.type == "CNAME":
        return found == wanted.value
    if wanted.type == "MX":
        return found.rpartition(" ")[2].rstrip(".") == wanted.value
    # panels and services space keys as they like
    return "".join(found.split()).rstrip(";") == "".join(wanted.value.split()).rstrip(";")

"""A server to look over: its surroundings made up, its DNS a real server on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mailapp.config import load
from mailapp.flow.check_choices import Choices
from mailapp.flow.check_finding import Finding, Plan, Run
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.looking_up import Lookup
from mailapp.seal import Seal
from mailapp.store.domains import Domain
from mailapp.store.relays import Relay
from tests.zones import ADDRESS, DOMAIN, HOST, Zone, good, zone

SENDGRID = Relay(id=1, name="SendGrid", preset="sendgrid", host="smtp.sendgrid.net", port=587, security="starttls")
MAILGUN = Relay(id=2, name="Mailgun", preset="mailgun", host="smtp.mailgun.org", port=587, security="starttls")
SES = Relay(id=3, name="SES", preset="ses", host="email-smtp.eu-west-1.amazonaws.com", port=587, security="starttls")


def surroundings(served: Zone, directory: Path, **changes: Any) -> Surroundings:
    """A server whose loopback address counts as a public one."""
    environment = {"MAILAPP_DATA_DIR": str(directory), "MAILAPP_HOSTNAME": HOST}
    environment |= {name: str(changes.pop(name)) for name in list(changes) if name.startswith("MAILAPP_")}
    here = Surroundings(
        config=load(environment),
        domains=[Domain(1, DOMAIN, "active", None)],
        routes=[(DOMAIN, ())],
        relays=[],
        choices=Choices(blocklists=("list.example",)),
        lookup=Lookup([("127.0.0.1", served.port)], timeout=2.0),
        seal=Seal(directory / "relay.key"),
        listeners=[("127.0.0.1", 1)],
        is_public=lambda address: address != "10.0.0.1",
        is_ours=lambda address: address == ADDRESS,
        outward=lambda: (ADDRESS,),
        backups=directory / "backups",
    )
    return replace(here, **changes)


@asynccontextmanager
async def looking(directory: Path, **changes: Any) -> AsyncIterator[tuple[Zone, Surroundings]]:
    """A good zone and a server in it."""
    async with zone() as served:
        yield good(served), surroundings(served, directory, **changes)


def scripted(*findings: Finding) -> Run:
    """A run that finds this, whatever it looks at."""

    async def run(domain: str) -> AsyncIterator[Plan | Finding]:
        found = [each for each in findings if domain in ("", each.about)]
        yield Plan(tuple(each.key for each in found))
        for each in found:
            yield each

    return run

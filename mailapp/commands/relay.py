"""mailapp relay ..."""

import asyncio
import sqlite3
import sys
import time
from dataclasses import replace

import click

from mailapp import config
from mailapp.commands import common
from mailapp.flow import relay_presets, relaying
from mailapp.flow.relaying import AUTHS, Letter, RelayRefused, checked, save, sealed, target_of, trial_of
from mailapp.seal import Seal, SealBroken
from mailapp.store import accounts, relays
from mailapp.store.database import transact
from mailapp.store.relays import Relay
from mailapp.transport.relay_test import Dialogue, try_relay

REFUSALS = {
    ("host", "empty"): "--host is missing. Example: --host smtp.example.com",
    ("host", "wrong"): "--host is not the name of a server. Example: --host smtp.example.com",
    ("port", "wrong"): "--port is a number up to 65535. Example: --port 587",
    (
        "security",
        "loopback",
    ): "--security none is for this machine only: elsewhere the password could be read on the way",
    ("secret", "empty"): "a user name needs a password: add --password-stdin",
    ("secret", "again"): "another server gets the password only if it is given again: add --password-stdin",
    ("secret", "sealing"): "the password cannot be sealed: relay.key in the data directory cannot be used",
    ("sender_domains", "wrong"): "--sender-domain is not a domain. Example: --sender-domain example.com",
    ("daily_limit", "wrong"): "--daily-limit is a number of recipients, 0 for no limit",
    ("name", "wrong"): "--name has at most 60 characters and is not 'local'",
    ("username", "wrong"): "--username has at most 320 characters in one line",
}
ADVICE = {
    "name": "there is no server of this name, or no DNS",
    "refused": "nothing listens on this port",
    "port_blocked": "the port seems to be blocked on the way: try 2525 or 465, or ask the provider to open it",
    "unreachable": "the server cannot be reached: look at the network and the firewall",
    "no_tls": "no encryption is offered there, so the password was not sent: try 465 with --security tls",
    "certificate": "the certificate is not trusted, so the password was not sent",
    "certificate_name": "the certificate is made out to another name, so the password was not sent",
    "login": "user name or password is wrong",
    "nonsense": "587 and 2525 speak STARTTLS, 465 speaks TLS: look at --security",
    "tls": "587 and 2525 speak STARTTLS, 465 speaks TLS: look at --security",
    "sealing": "the password cannot be opened: `mailapp relay set` with --password-stdin stores it anew",
}


@click.group()
def relay() -> None:
    """Relays: the servers that mail to other domains goes over."""


@relay.command("set")
@click.option("--name", default="", help="What it is called; its host where left out. A name that is there is changed.")
@click.option("--preset", type=click.Choice(list(relay_presets.PRESETS)), help="Fills in what the service wants.")
@click.option("--host", default="", help="Name of the server.")
@click.option("--port", type=int, help="587 or 2525 (starttls), 465 (tls).")
@click.option("--security", type=click.Choice(relay_presets.SECURITIES), help="none: on this machine only.")
@click.option("--auth", type=click.Choice(AUTHS), default=None, help="How to log in; auto takes what is offered.")
@click.option("--username", default=None, help="Whom to log in as.")
@click.option("--password-stdin", is_flag=True, help="Read the password or key from standard input's first line.")
@click.option("--sender-domain", multiple=True, help="Only for mail from this domain; may be repeated.")
@click.option("--daily-limit", type=int, default=None, help="Recipients a UTC day, 0 for no limit.")
@click.option("--disabled", is_flag=True, help="Keep it, but send nothing over it.")
def set_(
    name: str,
    preset: str | None,
    host: str,
    port: int | None,
    security: str | None,
    auth: str | None,
    username: str | None,
    password_stdin: bool,
    sender_domain: tuple[str, ...],
    daily_limit: int | None,
    disabled: bool,
) -> None:
    """Add a relay, or change the one with this name."""
    service = relay_presets.preset(preset or "custom")
    host = host or service.host
    with common.database() as db:
        old = relays.by_name(db, name or host)
        first = old or Relay(name=name or host, host=host, port=0, security="", preset=service.key)
        way = _way(first, service, port, security)
        given = replace(
            first,
            host=host or first.host,
            port=way[0],
            security=way[1],
            auth=auth or first.auth,
            username=(first.username or service.username) if username is None else username,
            sender_domains=sender_domain or first.sender_domains,
            daily_limit=first.daily_limit if daily_limit is None else daily_limit,
            state=relays.DISABLED if disabled else relays.ACTIVE,
        )
        secret = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
        try:
            ready = replace(checked(given), secret=sealed(Seal(config.load().key_file), secret))
            transact(db, save, ready, common.now_ms(), common.who())
        except RelayRefused as refusal:
            words = REFUSALS.get((refusal.field, refusal.reason)) or f"{refusal.field}: {refusal.reason}"
            raise click.ClickException(words) from None
    click.echo(f"Relay {ready.name} {'changed' if old else 'added'}. `mailapp relay test {ready.name}` tries it out.")


def _way(first: Relay, service: relay_presets.Preset, port: int | None, security: str | None) -> relay_presets.Port:
    """Port and security; what is left out follows from the other, then from what was there, then from the service."""
    if port is None and security is None and first.port:
        return first.port, first.security
    usual = [each for each in (*service.ports, *relay_presets.CUSTOM.ports) if port in (None, each[0])]
    fitting = [each for each in usual if security in (None, each[1])]
    found = fitting[0] if fitting else (port or 587, security or relay_presets.STARTTLS)
    return port or found[0], security or found[1]


@relay.command("list")
def list_() -> None:
    """All relays in order: name, server, security, user, sender domains, used today, state."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    with common.database() as db:
        for one in relays.all_(db):
            used = one.used if one.used_day == day else 0
            today = f"{used}/{one.daily_limit}" if one.daily_limit else str(used)
            fields = (one.name, f"{one.host}:{one.port}", one.security, one.username or "-")
            click.echo("\t".join((*fields, ",".join(one.sender_domains) or "-", today, one.state)))


@relay.command()
@click.argument("name", required=False)
@click.option("--to", default="", help="Send a mail to this address too.")
@click.option("--from", "from_", default="", help="Its sender; the first admin's address where left out.")
def test(name: str | None, to: str, from_: str) -> None:
    """Log in to a relay and show every step; exit 1 where it does not work."""
    settings = config.load()
    with common.database() as db:
        one = _held(db, name)
        sender = common.folded(from_) if from_ else _sender(db, one) if to else ""
    letter = None
    if to:
        letter = Letter(sender, common.folded(to), f"A test of the relay {one.name}", "It arrived: the relay works.")
    dialogue = asyncio.run(_try(one, settings, letter))
    if not dialogue.ok:
        ports = f". These ports answer: {', '.join(map(str, dialogue.open_ports))}" if dialogue.open_ports else ""
        raise click.ClickException(f"{ADVICE.get(dialogue.kind) or dialogue.text}{ports}")
    click.echo(f"The relay took the mail to {to}." if to else "Logging in works.")


async def _try(one: Relay, settings: config.Config, letter: Letter | None) -> Dialogue:
    try:
        target = target_of(one, Seal(settings.key_file))
    except SealBroken as error:
        return Dialogue((), ok=False, kind="sealing", text=str(error))
    trial = trial_of(letter, settings.hostname, time.time()) if letter else None
    return await try_relay(target, settings.hostname, trial, log=lambda mark, said: click.echo(f"{mark} {said}"))


def _held(db: sqlite3.Connection, name: str | None) -> Relay:
    """The relay with this name; the only one where none is named. Raises click.ClickException."""
    found = relays.all_(db)
    if name is None and len(found) == 1:
        return found[0]
    one = relays.by_name(db, name) if name is not None else None
    if one is None:
        known = ", ".join(each.name for each in found) or "none yet; `mailapp relay set` adds one"
        raise click.ClickException(f"{f'there is no relay {name}' if name else 'which relay?'} Relays: {known}")
    return one


def _sender(db: sqlite3.Connection, one: Relay) -> str:
    """Who a test is from: the first admin, or postmaster of a domain the relay serves."""
    admins = [each.address for each in accounts.all_(db) if each.is_admin]
    served = [each for each in admins if not one.sender_domains or each.rpartition("@")[2] in one.sender_domains]
    if served:
        return served[0]
    if one.sender_domains:
        return f"postmaster@{one.sender_domains[0]}"
    raise click.ClickException("there is no admin to send from: add --from ADDRESS")


@relay.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget a relay and its password; what waits goes over the others."""
    with common.database() as db:
        one = _held(db, name)
        transact(db, relaying.remove, one.id, common.who())
    click.echo(f"Relay {one.name} removed.")

"""mailapp domain ..."""

import sqlite3
from functools import partial

import click

from mailapp.commands import common
from mailapp.mail import address as addresses_
from mailapp.store import accounts, domains


@click.group()
def domain() -> None:
    """Domains mail is received for."""


@domain.command()
@click.argument("name")
@click.option("--catch-all", metavar="ACCOUNT", help="Gets the mail of every address that is not made.")
def add(name: str, catch_all: str | None) -> None:
    """Receive mail for a domain; run again to change its catch-all."""
    folded = _folded(name)
    with common.database() as db:
        account = common.held(db, catch_all) if catch_all else None

        def change(db: sqlite3.Connection) -> None:
            domain_id = domains.ensure(db, folded, common.now_ms())
            if account is not None:
                domains.set_catch_all(db, domain_id, account.id)

        common.recorded(db, change, "domain.added", folded, to=account.address if account else "")
    click.echo(f"Domain {folded} is received{f', all of it by {account.address}' if account else ''}.")


@domain.command("list")
def list_() -> None:
    """All domains: name, state, catch-all account."""
    with common.database() as db:
        for one in domains.all_(db):
            caught = accounts.get(db, one.catch_all_account_id) if one.catch_all_account_id else None
            click.echo("\t".join((one.name, one.state, caught.address if caught else "-")))


@domain.command()
@click.argument("name")
def remove(name: str) -> None:
    """Stop receiving for a domain; its aliases go too."""
    folded = _folded(name)
    with common.database() as db:
        found = domains.by_name(db, folded)
        if found is None:
            raise click.ClickException(f"there is no domain {folded}. `mailapp domain list` shows them all")
        try:
            common.recorded(db, partial(domains.remove, domain_id=found.id), "domain.removed", folded)
        except domains.DomainInUse:
            raise click.ClickException(f"accounts have their address in {folded}: delete those first") from None
    click.echo(f"Domain {folded} removed.")


def _folded(name: str) -> str:
    address = f"x@{name}"
    if not addresses_.is_valid(address):
        raise click.BadParameter(f"{name!r} is not a domain. Example: example.com")
    return addresses_.fold(address).partition("@")[2]

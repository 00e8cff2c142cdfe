"""mailapp address ..."""

import sqlite3

import click

from mailapp.commands import common
from mailapp.store import accounts, addresses, domains


@click.group()
def address() -> None:
    """Aliases: addresses that reach one or more accounts."""


@address.command()
@click.argument("address")
@click.argument("account", nargs=-1, required=True)
def add(address: str, account: tuple[str, ...]) -> None:
    """Let an address reach these accounts."""
    folded = common.folded(address)
    with common.database() as db:
        targets = [common.held(db, one).id for one in account]

        def change(db: sqlite3.Connection) -> None:
            domain_id = domains.ensure(db, folded.rpartition("@")[2], common.now_ms())
            addresses.add(db, folded, domain_id, targets, common.now_ms())

        common.recorded(db, change, "address.added", folded, to=", ".join(account))
    click.echo(f"{folded} reaches {', '.join(account)}.")


@address.command("list")
def list_() -> None:
    """All addresses and the accounts they reach."""
    with common.database() as db:
        for one, account in addresses.all_(db):
            click.echo(f"{one}\t{account}")


@address.command()
@click.argument("address")
@click.argument("account", nargs=-1, required=True)
def remove(address: str, account: tuple[str, ...]) -> None:
    """Take accounts off an address; it goes with its last one."""
    folded = common.folded(address)
    with common.database() as db:
        held = [common.held(db, one) for one in account]
        if folded in {one.address for one in held}:
            raise click.ClickException(f"{folded} is the account's own address: disable or delete the account instead")
        if not addresses.exists(db, folded):
            raise click.ClickException(f"there is no address {folded}")
        was = ", ".join(one.address for one in held)
        ids = [one.id for one in held]
        common.recorded(db, lambda db: addresses.remove(db, folded, ids), "address.removed", folded, was)
        still = accounts.by_address(db, folded) is not None or addresses.exists(db, folded)
    click.echo(f"{folded} {'is kept for others' if still else 'removed'}.")

"""mailapp account ..."""

import sqlite3
from collections.abc import Callable
from functools import partial

import click

from mailapp.commands import common
from mailapp.commands.transfer import export_, import_
from mailapp.flow import accounts as flow
from mailapp.flow import erasing
from mailapp.mail.sizes import exact_size, parse_size, size_text
from mailapp.store import account_erasures, accounts, audit, quotas, tokens
from mailapp.store.database import transact

Change = Callable[[sqlite3.Connection, int], None]


@click.group()
def account() -> None:
    """Who logs in."""


@account.command()
@click.argument("address")
@click.option("--admin", is_flag=True, help="May administer the system.")
@click.option("--name", default="", help="The name recipients see.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--language", type=click.Choice(("zh-CN", "en")), default=None, help="The browser's where left out.")
def add(address: str, admin: bool, name: str, password_stdin: bool, language: str | None) -> None:
    """Make an account; its domain too where that is new."""
    folded = common.folded(address)
    with common.database() as db:
        hashed = common.new_password(password_stdin)
        role = accounts.ADMIN if admin else accounts.MEMBER

        def make(db: sqlite3.Connection) -> None:
            now = common.now_ms()
            made = accounts.add(db, address=folded, name=name, password_hash=hashed, role=role, now_ms=now)
            accounts.set_preferences(db, made, name=name, language=language or "", time_zone="", theme="")

        try:
            common.recorded(db, make, "account.added", folded, to=role)
        except accounts.AccountExists:
            raise click.ClickException(f"{folded} belongs to an account or alias already") from None
    click.echo(f"Account {folded} made.")


@account.command("list")
def list_() -> None:
    """All accounts: address, role, state, name."""
    with common.database() as db:
        for one in accounts.all_(db):
            click.echo("\t".join((one.address, one.role, one.state, one.name)))


@account.command()
@click.argument("address")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--revoke-tokens", is_flag=True, help="End the account's tokens too.")
def password(address: str, password_stdin: bool, revoke_tokens: bool) -> None:
    """Set a new password; the account is logged out everywhere. Its tokens go on unless they are revoked."""
    with common.database() as db:
        held = common.held(db, address)
        hashed = common.new_password(password_stdin)

        def change(db: sqlite3.Connection) -> None:
            flow.change_password(db, held.id, hashed)
            if revoke_tokens:
                tokens.remove_all(db, held.id)

        common.recorded(db, change, "account.password", held.address, to=audit.HIDDEN)
    click.echo(f"Password of {held.address} changed.")


@account.command()
@click.argument("address")
def disable(address: str) -> None:
    """Nobody can log in to it any more, its tokens rest; its mail is still received and kept."""
    with common.database() as db:
        held = common.held(db, address)
        _unless_last_admin(db, flow.disable, held, "account.state", held.state, accounts.DISABLED)
    click.echo(f"Account {held.address} disabled.")


@account.command()
@click.argument("address")
def enable(address: str) -> None:
    """Undo disable."""
    with common.database() as db:
        held = common.held(db, address)
        enabling = partial(flow.enable, account_id=held.id)
        common.recorded(db, enabling, "account.state", held.address, held.state, accounts.ACTIVE)
    click.echo(f"Account {held.address} enabled.")


@account.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(address: str, yes: bool) -> None:
    """Erase an account and all its mail. Nothing undoes this."""
    with common.database() as db:
        held = common.held(db, address)
        if not yes:
            click.confirm(f"Erase {held.address} and all its mail for good?", abort=True)
        _unless_last_admin(db, partial(account_erasures.begin, now_ms=common.now_ms()), held, "account.erased")
        while transact(db, erasing.erase_some, held.id, erasing.COMMAND_AT_ONCE):
            pass
        # a server that runs may have seen what was begun, and ended it
        if accounts.get(db, held.id) is not None:
            transact(db, erasing.end, held.id, erasing.COMMAND_AT_ONCE)
    click.echo(f"Account {held.address} erased.")


@account.command()
@click.argument("address")
@click.argument("size", required=False)
def quota(address: str, size: str | None) -> None:
    """How much an account may hold: 2GB, 500MB, none. Without SIZE: what it holds now."""
    given = None if size is None else 0 if size.lower() == "none" else parse_size(size)
    if size is not None and given is None:
        raise click.BadParameter(f"{size!r} is not a size. Example: 2GB, 500MB, none")
    with common.database() as db:
        held = common.held(db, address)
        if given is not None:
            _set_quota(db, held, given)
        usage = quotas.of(db, held.id)
    click.echo(f"{held.address}: {size_text(usage.used)} of {size_text(usage.quota) if usage.quota else 'any size'}")


def _set_quota(db: sqlite3.Connection, held: accounts.Account, quota: int) -> None:
    from_, to = (exact_size(each) if each else "" for each in (held.quota, quota))
    common.recorded(db, lambda db: quotas.set_(db, held.id, quota), "account.quota", held.address, from_, to)


def _unless_last_admin(
    db: sqlite3.Connection, change: Change, held: accounts.Account, what: str, from_: str = "", to: str = ""
) -> None:
    try:
        common.recorded(db, lambda db: change(db, held.id), what, held.address, from_, to)
    except accounts.LastAdmin:
        raise click.ClickException("it is the last admin: make another account an admin first") from None


account.add_command(export_)
account.add_command(import_)

"""mailapp token ..."""

import secrets
import sqlite3
from datetime import UTC, datetime

import click

from mailapp.commands import common
from mailapp.flow.tokens import TokenRefused, checked, make, revoke_named
from mailapp.store import accounts, audit, tokens
from mailapp.store.database import transact
from mailapp.store.tokens import SCOPES

REFUSALS = {
    "scopes": f"--scope is one of {', '.join(SCOPES)}",
    "addresses": f"--address is not an address, or there are over {tokens.ADDRESSES}. Example: shop@example.com",
    "expires": "--expires is a number of days, at most ten years. Example: --expires 90",
}


@click.group()
def token() -> None:
    """What scripts and programs come in with."""


@token.command()
@click.argument("account")
@click.option("--scope", multiple=True, type=click.Choice(SCOPES), help="May be repeated; read and codes if left out.")
@click.option("--address", multiple=True, help="Only mail for this address; may be repeated.")
@click.option("--expires", type=int, default=None, help="Days after which it ends; never if left out.")
@click.option("--name", default="", help="What it is for.")
def add(account: str, scope: tuple[str, ...], address: tuple[str, ...], expires: int | None, name: str) -> None:
    """Make a token and print it, alone: nothing can show it again."""
    now_ms = common.now_ms()
    try:
        new = checked(scope or (tokens.READ, tokens.CODES), address, name, expires, now_ms)
    except TokenRefused as refusal:
        raise click.BadParameter(REFUSALS[refusal.field]) from None
    with common.database() as db:
        held = common.held(db, account)
        try:
            random, reach = secrets.token_urlsafe(32), " ".join((*new.scopes, *new.addresses))
            secret, _ = common.recorded(
                db, lambda db: make(db, held.id, new, now_ms, random), "token.added", held.address, to=reach
            )
        except tokens.TooManyTokens:
            raise click.ClickException(
                f"{held.address} has {tokens.MOST} tokens already: revoke one of `mailapp token list`"
            ) from None
    click.echo(secret)


@token.command("list")
@click.argument("account", required=False)
def list_(account: str | None) -> None:
    """Tokens: number, account, scopes, addresses, made, expires, last used, name."""
    with common.database() as db:
        held = [common.held(db, account)] if account else accounts.all_(db)
        for one in held:
            for each in tokens.of_account(db, one.id):
                fields = (
                    str(each.id),
                    one.address,
                    ",".join(each.scopes),
                    ",".join(each.addresses) or "-",
                    *(_day(at) for at in (each.created_at, each.expires_at, each.used_at)),
                    each.name or "-",
                )
                click.echo("\t".join(fields))


@token.command()
@click.argument("named", metavar="NUMBER")
def revoke(named: str) -> None:
    """End a token, by its number in the list or by itself."""
    with common.database() as db:
        found = transact(db, _revoke, named)
    if found is None:
        raise click.ClickException("there is no such token. `mailapp token list` shows them all")
    click.echo(f"Token {found.id} revoked.")


def _revoke(db: sqlite3.Connection, named: str) -> tokens.Token | None:
    found = revoke_named(db, named)
    if found is not None:
        owner = accounts.get(db, found.account_id)
        about = owner.address if owner else ""
        audit.record(db, common.who(), "token.revoked", f"{found.id} {found.name}".strip(), about=about)
    return found


def _day(at: int | None) -> str:
    return "-" if at is None else datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")

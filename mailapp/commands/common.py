"""What the administration commands share: the database, and one line for each thing a person got wrong."""

import os
import pwd
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

import click

from mailapp import config
from mailapp.flow import passwords
from mailapp.mail import address as addresses_
from mailapp.store import accounts, audit, migrate
from mailapp.store.accounts import Account
from mailapp.store.database import StoreError, connect, transact

T = TypeVar("T")


@contextmanager
def explained() -> Iterator[None]:
    """Turns what a person can mend into one line on standard error, exit 1."""
    try:
        yield
    except config.ConfigError as error:
        raise click.ClickException(str(error)) from error
    except (migrate.MigrationError, StoreError) as error:
        raise click.ClickException(f"the database cannot be used: {error}") from error
    except OSError as error:
        raise click.ClickException(
            f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
        ) from error


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """A connection to the database of the settings, brought to this release's schema."""
    path = config.load().database
    migrate.prepare(path)
    with closing(connect(path)) as db:
        yield db


def folded(address: str) -> str:
    """The address as it is stored. Raises click.BadParameter for one that is none."""
    if not addresses_.is_valid(address):
        raise click.BadParameter(f"{address!r} is not an address. Example: lin@example.com")
    return addresses_.fold(address)


def held(db: sqlite3.Connection, address: str) -> Account:
    """The account with this address. Raises click.ClickException."""
    found = accounts.by_address(db, folded(address))
    if found is None:
        raise click.ClickException(f"there is no account {address}. `mailapp account list` shows them all")
    return found


def new_password(from_stdin: bool) -> str:
    """Hash of a password asked for (twice) or read from standard input's first line."""
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else _asked()
    try:
        return passwords.hash_(password)
    except passwords.PasswordTooShort:
        raise click.ClickException(f"the password is too short: at least {passwords.SHORTEST} characters") from None


def _asked() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def who() -> str:
    """Who is at the command line, for the audit log."""
    try:
        return audit.COMMAND + pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"{audit.COMMAND}{os.getuid()}"


def recorded(
    db: sqlite3.Connection,
    change: Callable[[sqlite3.Connection], T],
    what: str,
    about: str,
    from_: str = "",
    to: str = "",
) -> T:
    """Make a change, and its entry of the audit log, in one transaction; what the change returned."""

    def both(db: sqlite3.Connection) -> T:
        result = change(db)
        audit.record(db, who(), what, from_, to, about=about)
        return result

    return transact(db, both)

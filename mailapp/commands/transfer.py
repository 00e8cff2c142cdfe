"""mailapp export, mailapp import: an account's mail as files and back (also as mailapp account export, import)."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import click

from mailapp import config
from mailapp.commands import common
from mailapp.flow import importing
from mailapp.flow.exporting import FORMATS, MAILDIR, MBOX, export
from mailapp.flow.import_sources import FileContent, Found, NotMail, Sources
from mailapp.flow.importing import Tally, import_all
from mailapp.mail.zips import BadZip
from mailapp.store import audit
from mailapp.store.database import look, transact


@click.command("export")
@click.argument("account")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(FORMATS), help="By PATH: maildir for .zip, else mbox.")
def export_(account: str, path: Path, format_: str | None) -> None:
    """Write an account's mail into a file: an mbox, or a ZIP of Maildir folders. Folders, flags and labels are kept."""
    format_ = format_ or (MAILDIR if path.suffix == ".zip" else MBOX)
    with common.database() as db:
        held = common.held(db, account)
        done = 0

        def progress(number: int, total: int) -> None:
            nonlocal done
            done = number
            _bar(number, total)

        part = path.with_name(f".{path.name}.part")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise click.ClickException(f"there is a file of this name already: {path}") from None
        os.close(descriptor)
        try:
            part.touch(mode=0o600)
            with part.open("wb") as out:
                for piece in export(partial(look, db), held.id, format_, progress):
                    out.write(piece)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise
        transact(db, _note, "account.exported", held.address, f"{done} ({format_})")
    _end_bar()
    click.echo(f"{path}: {done} messages of {held.address}.")


@click.command("import")
@click.argument("account")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def import_(account: str, paths: tuple[Path, ...]) -> None:
    """File mail into an account: .eml, mbox, Maildir, or a ZIP of those. What is there already is left out."""
    settings, tally = config.load(), Tally()
    settings.spool_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with common.database() as db:
        held = common.held(db, account)
        sources = Sources(settings.spool_dir, settings.max_message_size)
        write, read = partial(transact, db), partial(look, db)
        try:
            for path in paths:
                _import(write, read, sources, held.id, path, tally)
        finally:
            if tally.new:
                transact(db, importing.told, held.id)
                transact(db, _note, "account.imported", held.address, str(tally.new))
    _end_bar()
    click.echo(f"{tally.new} messages filed, {tally.there} were there already, {tally.refused} cannot be used.")
    if tally.full:
        click.echo(
            f"{tally.full} left out: the quota of {held.address} has no room for them. Raise it"
            f" (mailapp account quota {held.address} SIZE) and import again: what is there is left out.",
            err=True,
        )


def _import(write: Any, read: Any, sources: Sources, account_id: int, path: Path, tally: Tally) -> None:
    try:
        if path.is_dir():
            import_all(write, read, account_id, sources.directory(path), tally)
            return
        with closing(FileContent.of(path)) as content:
            found: Iterator[Found] = sources.messages(content, path.name, lambda done: _bar(done, content.size))
            import_all(write, read, account_id, found, tally)
    except NotMail:
        raise click.ClickException(f"{path} holds no mail: give .eml, mbox, Maildir, or a ZIP of those") from None
    except LookupError:
        raise click.ClickException(
            f"{path}: the account was removed meanwhile, or mailapp was started. {tally.new} messages were filed;"
            " import again for the others: what is there is left out"
        ) from None
    except BadZip as error:
        raise click.ClickException(f"{path} cannot be read: {error}. {tally.new} messages were filed") from None


def _note(db: sqlite3.Connection, what: str, about: str, to: str) -> None:
    audit.record(db, common.who(), what, "", to, about=about)


def _bar(done: int, total: int) -> None:
    if sys.stderr.isatty():
        percent = done * 100 // max(total, 1)
        click.echo(f"\r{'#' * (percent // 4):<25} {percent:3}%", nl=False, err=True)


def _end_bar() -> None:
    if sys.stderr.isatty():
        click.echo("", err=True)

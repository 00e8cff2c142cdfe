"""mailapp backup, mailapp restore"""

import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click

from mailapp import config
from mailapp.commands import common
from mailapp.flow import backing_up, backup_making, restoring
from mailapp.flow.backup_file import KeyNeeded, RecipientRefused, recipients_of
from mailapp.flow.backup_making import BackupFailed, Held
from mailapp.flow.restoring import RestoreRefused
from mailapp.store.database import connect, transact
from mailapp.store.snapshot import Damaged

FAILURES = {
    "running": "another backup is being made",
    "exists": "there is a file of this name already: {}",
    "room": "the disk has too little room: {} more bytes are needed",
    "disk": "the backup cannot be written: {}",
    "stopped": "stopped",
}
STEPS = {"unpacking": "Unpacking", "verifying": "Verifying", "placing": "Putting it in place"}


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option(
    "--recipient", multiple=True, metavar="KEY", help="Encrypt to this age or SSH public key; may be repeated."
)
def backup(path: Path | None, recipient: tuple[str, ...]) -> None:
    """Back the database up into one file, while the server runs.

    Without PATH into backups/ of the data directory, where the oldest ones go. relay.key is not in it: keep a copy of
    that elsewhere.
    """
    settings = config.load()
    try:
        recipients = tuple(recipients_of("\n".join(recipient)))
    except RecipientRefused as refused:
        raise click.BadParameter(f"{str(refused)!r} is not a public key. Example: age1...") from None
    with common.database() as db:
        plan = backing_up.plan_of(db)
    recipients = recipients or plan.recipients
    if path is not None and path.is_dir():
        raise click.BadParameter(f"{path} is a directory: name the file, as in {path}/mailapp.tar.zst")
    now = time.time()
    try:
        with _Bar() as tell:
            if path is None:
                held = backup_making.make_in(settings.data_dir / "backups", settings.database, recipients, now, tell)
                gone = backup_making.thin_out(settings.data_dir / "backups", plan.keep)
                with closing(connect(settings.database)) as db:
                    transact(db, backing_up.note, held, gone, common.who(), now)
            else:
                held = backup_making.make_at(path.absolute(), settings.database, recipients, now, tell)
    except BackupFailed as failure:
        raise click.ClickException(FAILURES[failure.reason].format(failure.text)) from None
    click.echo(_made(held, path or settings.data_dir / "backups" / held.name, bool(recipients)))


def _made(held: Held, path: Path, encrypted: bool) -> str:
    return f"{path}: {held.size:,} bytes{', encrypted' if encrypted else ''}."


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the database there is; it is set aside, not removed.")
@click.option(
    "--identity", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Private key of an encrypted one."
)
@click.option("--send-queued", is_flag=True, help="Send what waited when the backup was made; else it is held.")
def restore(file: Path, force: bool, identity: Path | None, send_queued: bool) -> None:
    """Put a backup in place, once it is verified. The server must be stopped."""
    settings = config.load()
    key = identity.read_text("utf-8", "replace")[:100_000] if identity else ""
    try:
        restored = restoring.restore(
            file, settings.data_dir, by=common.who(), key=key, force=force, send=send_queued, say=_say
        )
    except RestoreRefused as refused:
        raise click.ClickException(_refusal(refused)) from None
    except KeyNeeded as needed:
        raise click.ClickException(f"{needed}: --identity FILE") from None
    except Damaged as damage:
        raise click.ClickException(f"{file} cannot be used: {damage}. Nothing was changed") from None
    counts = restored.manifest.counts
    click.echo(
        f"Restored the backup of {restored.manifest.created_at}: "
        f"{counts.get('accounts', 0)} accounts, {counts.get('messages', 0)} messages."
    )
    if restored.set_aside:
        click.echo(f"The database before is {restored.set_aside}; remove it (and its -wal) when all is well.")
    if restored.held:
        click.echo(f"{restored.held} messages that waited to be sent are held: look at them under Queue.")
    if counts.get("relays") and not settings.key_file.exists():
        click.echo("relay.key is missing: copy it here too, or give the passwords of the relays again.")


def _refusal(refused: RestoreRefused) -> str:
    return {
        "exists": f"there is a database already: {refused.text}. --force sets it aside and puts the backup in place",
        "newer": f"the backup was made by a newer release ({refused.text}): update mailapp first",
        "room": f"the disk of {refused.text} has too little room",
    }[refused.reason]


def _say(step: str) -> None:
    click.echo(f"{STEPS[step]}…", err=True)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __enter__(self) -> Callable[[str, int, int], None]:
        return self._tell if sys.stderr.isatty() else lambda step, done, total: None

    def __exit__(self, *_: object) -> None:
        if sys.stderr.isatty():
            click.echo("", err=True)

    def _tell(self, step: str, done: int, total: int) -> None:
        percent = done * 100 // max(total, 1)
        name = "Copying" if step == "copy" else "Packing"
        click.echo(f"\r{name:<8}{'#' * (percent // 4):<25} {percent:3}%", nl=False, err=True)

"""mailapp import-original"""

from pathlib import Path

import click

from mailapp.commands import common
from mailapp.flow.moving_over import Moved, NoAdmin, move_over
from mailapp.store.original import NotTheOriginal, Original


@click.command("import-original")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_original(path: Path) -> None:
    """Import users and mail from the original project's emails.db, which is not changed.

    Users keep their passwords. Mail of addresses without a user goes to the first admin. Doing it again adds nothing.
    """
    try:
        with (
            common.database() as db,
            Original(path) as original,
            click.progressbar(length=original.count(), label="Letters", show_pos=True) as bar,
        ):
            moved = move_over(db, original, bar.update, by=common.who())
    except NotTheOriginal as error:
        raise click.ClickException(f"{path} is no emails.db of the original project: {error}") from None
    except NoAdmin:
        raise click.ClickException(
            "there is no admin yet to take the mail of addresses without a user: mailapp account add ADDRESS --admin"
        ) from None
    _tell(moved)


def _tell(moved: Moved) -> None:
    click.echo(f"Users: {moved.users} new, {moved.users_there} there already.")
    click.echo(
        f"Letters: {moved.letters} new, {moved.letters_there} there already;"
        f" {moved.to_admin} of the new ones went to the admin."
    )
    for name in moved.without_address:
        click.echo(f"Not a user here, because it is no address: {name}")
    for address in moved.without_password:
        click.echo(f"{address} needs a new password: mailapp account password {address}")

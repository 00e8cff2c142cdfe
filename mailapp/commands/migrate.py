"""mailapp migrate"""

import click

from mailapp.commands import common


@click.command()
def migrate() -> None:
    """Bring the database to this release's schema. `mailapp serve` does it too; upgrades do it before they start."""
    with common.database():
        click.echo("The database is on this release's schema.")

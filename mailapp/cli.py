"""The command line: `mailapp serve`, and administration that works while the server runs."""

import sys
from typing import Any

import click

from mailapp import __version__, maillog
from mailapp.commands import common
from mailapp.commands.account import account
from mailapp.commands.address import address
from mailapp.commands.backup import backup, restore
from mailapp.commands.check_launch import check
from mailapp.commands.domain import domain
from mailapp.commands.import_original import import_original
from mailapp.commands.migrate import migrate
from mailapp.commands.relay import relay
from mailapp.commands.serve import serve
from mailapp.commands.token import token
from mailapp.commands.transfer import export_, import_
from mailapp.commands.wait import wait
from mailapp.holding import AlreadyRunning


class _Group(click.Group):
    """Turns what a person can mend into one line on standard error, exit 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with common.explained():
                return super().invoke(ctx)
        except AlreadyRunning as error:
            raise click.ClickException(f"mailapp already runs on the data in {error}") from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """A lightweight self-hosted mail system."""
    maillog.configure("text")
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)


COMMANDS = (
    serve, account, domain, address, relay, token, wait, check, backup, restore, migrate, import_original, import_,
    export_,
)  # fmt: skip

for command in COMMANDS:
    main.add_command(command)

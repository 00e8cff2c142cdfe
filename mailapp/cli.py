"""The command line: `mailapp serve`, and administration that works while the server runs."""

import sys
from importlib import import_module
from typing import Any

import click

from mailapp import __version__, maillog
from mailapp.commands import common
from mailapp.deferring import defer
from mailapp.holding import AlreadyRunning

COMMANDS = {
    "serve": "serve",
    "account": "account",
    "address": "address",
    "backup": "backup",
    "check": "check",
    "domain": "domain",
    "export": "transfer:export_",
    "import": "transfer:import_",
    "import-original": "import_original",
    "migrate": "migrate",
    "relay": "relay",
    "restore": "backup:restore",
    "token": "token",
    "wait": "wait",
}
"""Where in mailapp.commands a command stands: module:name, or both the same. Only the one that is asked for is loaded:
the server would carry the others' code for as long as it runs."""
COME_ALONG = ("h2", "priority", "logging.handlers", "pdb", "smtplib", "tomllib", "zipfile")
"""What libraries import for those who serve HTTP/2, read their settings from files, look for mistakes ...: 2.3 MB."""


class _Group(click.Group):
    """Loads a command when it is asked for; turns what a person can mend into one line on standard error, exit 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        defer(COME_ALONG)
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"mailapp.commands.{module}"), name or module)
        return found

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

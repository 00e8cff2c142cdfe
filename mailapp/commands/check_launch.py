"""mailapp check, as the command line knows it: it becomes another program, so that `serve` does not carry its code."""

import os
import sys

import click

MODULE = "mailapp.commands.check"


@click.command("check", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def check(arguments: tuple[str, ...]) -> None:
    """Look over DNS, certificates, relays, blocklists and the machine."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", MODULE, *arguments])  # noqa: S606 - our own interpreter

"""mailapp serve"""

import asyncio
import dataclasses
from urllib.parse import urlsplit, urlunsplit

import click

from mailapp import app, config, maillog
from mailapp.commands import demonstration
from mailapp.supervision import Supervision


@click.command()
@click.option("--demo", is_flag=True, help="Make demo accounts and keep delivering sample mail to them.")
def serve(demo: bool) -> None:
    """Receive, show and relay mail until stopped."""
    settings = config.load()
    maillog.configure(settings.log)
    if demo:
        # sample mail never goes among real mail
        settings = dataclasses.replace(settings, data_dir=settings.data_dir / "demo")
    app.run(settings, lambda running: asyncio.ensure_future(_accompany(running, demo)))


async def _accompany(running: app.App, demo: bool) -> None:
    """What goes on beside the server until it stops: a word to whoever started it, and to the service manager."""
    supervision = Supervision(running.config.notify_socket, running.config.watchdog_s)
    await asyncio.gather(_greet(running, demo), supervision.run(running.pages.health))


async def _greet(running: app.App, demo: bool) -> None:
    """Tell the person at the terminal where to go, then, for a demo, feed sample mail."""
    base = _reachable_url(running)
    if demo:
        accounts = await demonstration.prepare(running.database)
        click.echo(f"\n  mailapp demo: {base}/login\n")
        for one in accounts:
            click.echo(f"    {one.address:<24} {one.password}   {one.name}{' (admin)' if one.admin else ''}")
        click.echo("\n  Sample mail keeps arriving over SMTP. Ctrl-C ends it.\n")
        await demonstration.feed(running.smtp.addresses[0], [one.address for one in accounts])
        return
    token = await running.signing_in.offer_setup()
    if token is not None:
        click.echo(f"\n  Make the first account here (this link works once):\n\n    {base}/setup?token={token}\n")
    else:
        click.echo(f"\n  mailapp: {base}/login\n")


def _reachable_url(running: app.App) -> str:
    """The public URL; where it is our default on this machine, with the port that was really bound."""
    parts = urlsplit(running.config.public_url)
    if parts.hostname == "localhost" and parts.port == running.config.http[1]:
        return urlunsplit(parts._replace(netloc=f"localhost:{running.http_port}"))
    return running.config.public_url

"""mailapp wait: print the next verification code for an address, for scripts."""

import json
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

import click

from mailapp.commands import common
from mailapp.mail.address import split, strip_tag
from mailapp.mail.addressees import Reach
from mailapp.store import accounts, addresses, code_arrivals

LOOK_S = 0.05
"""How often we look whether something was written."""
CALL_S = 60
"""How long one call of the API is held open at most."""
ROUND_TRIP_S = 15
RETRY_S = 1.0
LONGEST_ANSWER = 1_048_576


class Unusable(click.ClickException):
    """Waiting cannot even begin; a timeout is exit 1."""

    exit_code = 2


@click.command()
@click.option("--to", default="", help="The address the code is sent to; without a +tag, any of its tags.")
@click.option("--timeout", type=click.FloatRange(0, 86_400), default=120, show_default=True, help="Seconds.")
@click.option("--within", type=click.FloatRange(0, 86_400), default=0, help="Take a code of the last seconds too.")
@click.option("--account", default="", help="On this machine: only mail of this account.")
@click.option("--server", default="", envvar="MAILAPP_SERVER", help="Elsewhere: https://mail.example.com")
@click.option("--token", default="", envvar="MAILAPP_TOKEN", help="Elsewhere: a token with the scope codes.")
@click.option("--token-file", type=click.File(encoding="utf-8"), help="The same from a file; - for standard input.")
def wait(to: str, timeout: float, within: float, account: str, server: str, token: str, token_file: Any) -> None:
    """Wait for a verification code and print it alone; exit 1 where none comes in time.

    On the server's own machine nothing else is needed; from elsewhere --server and a token.
    """
    if token_file is not None:
        token = token_file.readline().strip()
    until = time.monotonic() + timeout
    if server:
        found = _from_afar(server.rstrip("/"), token, to, until, within)
    else:
        found = _from_here(to, account, until, within)
    if not found:
        click.echo(f"no code came within {timeout:g} s", err=True)
        raise SystemExit(1)
    click.echo(found)


def _from_here(to: str, account: str, until: float, within: float) -> str:
    """Watch the database as the server does."""
    reach = Reach(to=common.folded(to) if to else "")
    after = (common.now_ms() - round(within * 1000)) << 12
    with common.database() as db:
        watched = [common.held(db, account).id] if account else _accounts(db, reach.to)
        if not watched:
            raise Unusable("there is no account yet")
        after = min(after, code_arrivals.latest(db))
        version = None
        while True:
            seen = code_arrivals.version(db)
            if seen != version:
                version, newest = seen, after
                for one in watched:
                    arrivals = code_arrivals.since(db, one, after)
                    newest = max(newest, arrivals.upto)
                    for each in reversed(arrivals.found):
                        if not reach.to or reach.to in each.names:
                            return each.code.value
                after = newest
            if time.monotonic() >= until:
                return ""
            time.sleep(min(LOOK_S, max(0, until - time.monotonic())))


def _accounts(db: sqlite3.Connection, to: str) -> list[int]:
    """Whose mail it may be: those the address reaches, all for one that is not ours (forwarded mail names such)."""
    if to:
        local, domain = split(to)
        reached = addresses.route(db, local, strip_tag(local), domain)
        if reached:
            return list(reached)
    return [each.id for each in accounts.all_(db)]


def _from_afar(server: str, token: str, to: str, until: float, within: float) -> str:
    """Ask the API, call after call, each held open until a code comes."""
    if urlsplit(server).scheme not in ("http", "https") or not urlsplit(server).hostname:
        raise Unusable("--server is not a URL. Example: --server https://mail.example.com")
    if not token or not token.isascii() or not token.isprintable():
        raise Unusable("a token is needed: --token, --token-file or the variable MAILAPP_TOKEN")
    since = (datetime.now(UTC) - timedelta(seconds=within)).isoformat() if within else ""
    opener, reached = build_opener(_NoRedirect()), False
    while True:
        left = until - time.monotonic()
        try:
            told, since = _call(opener, server, token, {"to": to, "since": since, "wait": str(_whole(left))}, since)
            if told:
                return str(told.get("code") or told.get("link") or "")
            reached = True
        except HTTPError as error:
            if error.code not in (429, 503):
                raise Unusable(f"{server} answers {error.code}: {_detail(error)}") from None
            time.sleep(min(RETRY_S, max(0.0, until - time.monotonic())))
        except (URLError, HTTPException, OSError) as error:
            if not reached:
                raise Unusable(f"{server} cannot be reached: {getattr(error, 'reason', error)}") from None
            time.sleep(min(RETRY_S, max(0.0, until - time.monotonic())))
        if time.monotonic() >= until:
            return ""


def _call(
    opener: OpenerDirector, server: str, token: str, query: dict[str, str], since: str
) -> tuple[dict[str, Any], str]:
    """(the answer, {} where no code came; what to give as since next)."""
    asked = urlencode({name: value for name, value in query.items() if value})
    request = Request(f"{server}/api/v1/codes?{asked}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    with opener.open(request, timeout=CALL_S + ROUND_TRIP_S) as answer:
        data = answer.read(LONGEST_ANSWER)
        return (json.loads(data) if data else {}), answer.headers.get("Next-Since", since)


def _whole(left: float) -> int:
    """Whole seconds to wait for; the last part of one counts as one."""
    return max(0, min(CALL_S, int(left + 0.999)))


def _detail(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read(LONGEST_ANSWER)).get("detail", ""))[:300]
    except (ValueError, AttributeError, OSError):
        return str(error.reason)


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would take the token elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None

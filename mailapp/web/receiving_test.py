"""The guided test: an address to write to, and what happens to the message, step by step as it happens."""

import asyncio
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.events import SessionsRevoked, Stopping, Subscription
from mailapp.mail.transaction import Transaction
from mailapp.store import messages
from mailapp.web.access import COOKIE_SESSION, requires_account
from mailapp.web.context import Site, context, site
from mailapp.web.folders import INBOX
from mailapp.web.fragments import answer, page, piece
from mailapp.web.frames import frame, hello, ping
from mailapp.web.hrefs import message_href
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.receiving_test_views import PAGE, TestStep, test_address, test_view, took

blueprint = Blueprint("receiving_test", __name__)
TAG = re.compile(r"[a-z2-7]{8}")
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
PING_S = 20.0
BUSY_RETRY_S = 8


@blueprint.get(PAGE)
@requires_account
async def show() -> Response:
    """?tag= goes on with a test that began."""
    given = request.args.get("tag", "")
    tag = given if TAG.fullmatch(given) else "".join(secrets.choice(LETTERS) for _ in range(8))
    view = test_view(current_reader(), test_address(current_account().address, tag), tag, None)
    return await page("receiving_test.html", view=view)


@blueprint.get(f"{PAGE}/events")
@requires_account
async def events() -> Response:
    """?tag=: the steps anew at each step, for mail to the address with this tag."""
    reader, tag = current_reader(), request.args.get("tag", "")
    if not TAG.fullmatch(tag):
        abort(404)
    if not site().places.is_free(reader.token_hash):
        return Response("", 503, {"Retry-After": str(BUSY_RETRY_S), "Cache-Control": "no-store"})
    stream = _Stream(site(), reader, request.cookies.get(COOKIE_SESSION, ""), tag)
    response = Response(stream.frames(), 200, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.timeout = None
    return response


@blueprint.get(f"{PAGE}/seen/<id:message_id>")
@requires_account
async def seen(message_id: int) -> Response:
    """Asked for by the step itself when it is on the screen: how long after the message was accepted that is."""
    account_id = current_account().id

    def there(db: sqlite3.Connection) -> bool:
        return messages.row(db, account_id, message_id) is not None

    if not await context().database.read(there):
        abort(404)
    ms = max(0, int(context().clock() * 1000) - (message_id >> 12))
    reader = current_reader()
    step = TestStep("shown", "done", reader.gettext("On your screen"), "", took(reader, ms))
    return await answer(piece("receiving/test", "seen_step", step, message_href(message_id, INBOX)))


class _Stream:
    """One open test."""

    def __init__(self, site: Site, reader: Reader, token: str, tag: str) -> None:
        self._site = site
        self._reader = reader
        self._token = token
        self._tag = tag
        assert reader.account is not None
        self._account_id = reader.account.id
        self._address = test_address(reader.account.address, tag)

    async def frames(self) -> AsyncIterator[bytes]:
        known = self._site.context
        with (
            known.bus.subscribe(self._account_id) as subscription,
            self._site.places.taken(self._reader.token_hash, subscription) as held,
            known.receiving.watch(self._address) as news,
        ):
            if not held:
                return
            yield hello(0)
            async for piece_ in self._follow(subscription, news):
                yield piece_

    async def _follow(self, subscription: Subscription, news: "asyncio.Queue[Transaction]") -> AsyncIterator[bytes]:
        happens, comes = asyncio.create_task(subscription.get()), asyncio.create_task(news.get())
        try:
            while True:
                done, _ = await asyncio.wait({happens, comes}, timeout=PING_S, return_when=asyncio.FIRST_COMPLETED)
                if happens in done:
                    if isinstance(happens.result(), Stopping):
                        return
                    if isinstance(happens.result(), SessionsRevoked) and not await self._may_go_on():
                        return
                    happens = asyncio.create_task(subscription.get())
                if comes in done:
                    yield frame(self._piece(comes.result()), 0)
                    comes = asyncio.create_task(news.get())
                if not done:
                    yield ping(0)
        finally:
            happens.cancel()
            comes.cancel()

    async def _may_go_on(self) -> bool:
        found = await self._site.context.signing_in.account_of(self._token)
        return found is not None and found.token_hash == self._reader.token_hash

    def _piece(self, one: Transaction) -> Markup:
        view = test_view(self._reader, self._address, self._tag, one)
        return self._site.pages.macro(self._reader.language, "test_again", "receiving/test")(view).strip()

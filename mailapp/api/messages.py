"""Messages: a list, one of them, the latest, as they came; into the trash."""

import sqlite3
from datetime import UTC, datetime

from quart import Blueprint, Response

from mailapp.api import views
from mailapp.api.context import context
from mailapp.api.operations import Call, Operation, answer, operation
from mailapp.api.problems import Refused, not_found
from mailapp.api.shapes import Message, MessageQuery, Messages, MessagesQuery
from mailapp.api.words import _
from mailapp.flow.tokens import Holder
from mailapp.http.contents import RemoteContent, original
from mailapp.mail.address import fold
from mailapp.mail.addressees import Reach
from mailapp.mail.query import parse
from mailapp.mail.query_tree import Part
from mailapp.store import reach, search_places
from mailapp.store.messages import StoredMessage
from mailapp.store.tokens import MANAGE, READ

blueprint = Blueprint("messages", __name__)
LATEST = "latest"
LARGE = 1_048_576
"""Bytes of a message from which it is read apart from the readers."""
RAW = "message/rfc822"

LIST = Operation(
    "GET",
    "/messages",
    "listMessages",
    _("Messages, the newest first"),
    READ,
    {200: (_("A page."), Messages)},
    MessagesQuery,
)
ONE = Operation(
    "GET",
    "/messages/{message_id}",
    "getMessage",
    _("A message with its letter, or `latest`: the newest that came in"),
    READ,
    {200: (_("The message."), Message)},
    MessageQuery,
    problems=(404,),
)
SOURCE = Operation(
    "GET",
    "/messages/{message_id}/source",
    "getSource",
    _("A message as it came, trace fields first"),
    READ,
    {200: (_("The message."), RAW)},
    MessageQuery,
    problems=(404,),
)
DELETE = Operation(
    "DELETE",
    "/messages/{message_id}",
    "deleteMessage",
    _("Move a message to the trash"),
    MANAGE,
    {204: (_("It lies in the trash."), None)},
    MessageQuery,
    problems=(404,),
)


def reach_of(holder: Holder, to: str = "") -> Reach:
    """What a token reaches, and of that what is asked for."""
    return Reach(holder.token.addresses, fold(to) if to.strip() else "")


@operation(blueprint, LIST)
async def list_(call: Call[MessagesQuery, None]) -> Response:
    query, account_id = call.query, call.holder.account.id
    asked = reach_of(call.holder, query.to)

    def read(db: sqlite3.Connection) -> Messages:
        part = _part(db, account_id, query.q)
        found = reach.page(
            db, account_id, asked, part, before=query.before or None, after=query.after, limit=query.limit
        )
        return Messages(views.summaries(db, account_id, found.messages), found.resume or None)

    return answer(await context().database.apart(read) if query.q else await context().database.read(read))


@operation(blueprint, ONE)
async def one(call: Call[MessageQuery, None], message_id: str) -> Response:
    stored = await found(call, message_id)
    database = context().database
    run = database.read if stored.row.size < LARGE else database.apart
    return answer(await run(views.message, call.holder.account.id, stored))


@operation(blueprint, SOURCE)
async def source(call: Call[MessageQuery, None], message_id: str) -> Response:
    stored = await found(call, message_id)
    content = await RemoteContent.of(context().database, stored.content_id)
    response = Response(original(stored.trace, content), 200, content_type=RAW)
    response.timeout = None  # a slow line may take minutes for 30 MB
    return response


@operation(blueprint, DELETE)
async def delete(call: Call[MessageQuery, None], message_id: str) -> Response:
    stored = await found(call, message_id)
    await context().filing.delete(call.holder.account.id, [stored.row.id])
    return Response("", 204)


async def found(call: Call[MessageQuery, None], named: str) -> StoredMessage:
    """The message a path names, by its number or as the latest that came in. Raises Refused 404."""
    account_id, query = call.holder.account.id, call.query
    asked = reach_of(call.holder, query.to)

    def latest(db: sqlite3.Connection) -> StoredMessage | None:
        part = _part(db, account_id, query.q)
        page = reach.page(db, account_id, asked, part, limit=1, received=True)
        return page.messages[0] if page.messages else None

    if named == LATEST:
        stored = await context().database.read(latest)
    elif query.q:
        raise Refused(400, "q goes with latest only.")
    elif named.isascii() and named.isdigit() and len(named) < 19:
        stored = await context().database.read(reach.get, account_id, asked, int(named))
    else:
        stored = None
    if stored is None:
        raise not_found()
    return stored


def _part(db: sqlite3.Connection, account_id: int, text: str) -> Part | None:
    """A search in the words of the search field. Raises Refused 400 where nothing can be searched for."""
    if not text.strip():
        return None
    query = parse(text, datetime.now(UTC), search_places.places(db, account_id))
    if query.part is None or query.problems:
        said = ", ".join(" ".join(filter(None, (each.kind, each.key, each.value))) for each in query.problems)
        raise Refused(400, f"The search cannot be read: {said or 'nothing to search for'}.")
    return query.part

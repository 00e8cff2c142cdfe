"""What happens to an account's mail, as a stream of JSON events (WHATWG server-sent events), with replay."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import msgspec
from quart import Blueprint, Response, request

from mailapp.api import views
from mailapp.api.context import Held, held
from mailapp.api.messages import reach_of
from mailapp.api.operations import Call, Operation, operation
from mailapp.api.problems import QUOTA, Refused, busy
from mailapp.api.shapes import Event, EventsQuery, EventType
from mailapp.api.words import _
from mailapp.events import Changed, SessionsRevoked, Stopping, Subscription
from mailapp.flow.tokens import Holder
from mailapp.mail.addressees import Reach
from mailapp.store import changes, messages, reach
from mailapp.store.database import StoreError
from mailapp.store.tokens import READ
from mailapp.values import dataclass

blueprint = Blueprint("events", __name__)
SSE = "text/event-stream"
PING_S = 20.0
"""Seconds of silence after which a comment shows that the stream lives."""
RETRY_MS = 1_000
REPLAY = 500
"""Changes one catch-up may hold; above it a reset tells the client to load anew."""
STREAMS = 500
STREAMS_OF_ONE = 20
LONGEST_ID = 255
UNKNOWN = -1
"""A position nobody can replay from."""
TYPES: dict[str, EventType] = {
    changes.DELIVERED: "message.delivered",
    changes.FLAGS: "message.changed",
    changes.MOVED: "message.changed",
    changes.CODE: "message.changed",
    changes.QUEUE: "message.changed",
    changes.REMOVED: "message.removed",
    changes.MAILBOXES: "mailboxes.changed",
    changes.MANY: "reset",
}
"""What is told of the journal; how lists are shown concerns pages alone."""
STREAM = Operation(
    "GET",
    "/events",
    "streamEvents",
    _("What happens to the mail, as it happens"),
    READ,
    {200: (_("Server-sent events; the data of each is an Event as JSON, its id goes into `since`."), SSE)},
    EventsQuery,
    headers={"Last-Event-ID": _("The id of the last event seen, as browsers send it.")},
)


@operation(blueprint, STREAM)
async def stream(call: Call[EventsQuery, None]) -> Response:
    kept, token_id = held(), call.holder.token.id
    if kept.streams.get(token_id, 0) >= STREAMS_OF_ONE:
        raise Refused(429, f"A token may hold {STREAMS_OF_ONE} streams open.", QUOTA, Retry_After="5")
    if sum(kept.streams.values()) >= STREAMS:
        raise busy("Too many streams are open already.")
    last = request.headers.get("Last-Event-ID", "")
    if len(last) > LONGEST_ID:
        raise Refused(400, f"Last-Event-ID has at most {LONGEST_ID} characters.")
    since = _position(last or call.query.since)
    response = Response(_Stream(kept, call.holder, since).frames(), 200, content_type=f"{SSE}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.timeout = None
    return response


@dataclass(slots=True)
class _Stream:
    """One open stream."""

    kept: Held
    holder: Holder
    since: int | None

    async def frames(self) -> AsyncIterator[bytes]:
        """Frames until the token or the process ends, or the time is over: the client then comes back by itself."""
        streams, token_id = self.kept.streams, self.holder.token.id
        streams[token_id] = streams.get(token_id, 0) + 1
        try:
            with self.kept.context.bus.subscribe(self.holder.account.id) as subscription:
                async with asyncio.timeout(self.kept.context.stream_s):
                    async for piece in self._follow(subscription):
                        yield piece
        except (StoreError, TimeoutError):
            return
        finally:
            streams[token_id] -= 1
            if not streams[token_id]:
                del streams[token_id]

    async def _follow(self, subscription: Subscription) -> AsyncIterator[bytes]:
        context, account_id = self.kept.context, self.holder.account.id
        since = await context.database.read(changes.latest) if self.since is None else self.since
        yield f"retry: {RETRY_MS}\nid: {max(since, 0)}\n\n".encode()
        while True:
            since, told = await context.database.read(events_since, account_id, reach_of(self.holder), since)
            if await context.tokens.holder_of(self.holder.token_hash) is None:
                return
            if told:
                yield b"".join(_frame(each) for each in told)
            while True:
                happened = await subscription.several(PING_S)
                if not happened:
                    yield b": ping\n\n"
                    continue
                if any(isinstance(each, Stopping) for each in happened):
                    return
                lost, subscription.lost = subscription.lost, False
                newest = max((each.seq for each in happened if isinstance(each, Changed)), default=0)
                if lost or newest > since or any(isinstance(each, SessionsRevoked) for each in happened):
                    break


def events_since(db: sqlite3.Connection, account_id: int, asked: Reach, since: int) -> tuple[int, list[Event]]:
    """(everything up to here is told, what happened above `since`), in one snapshot."""
    seq = changes.latest(db)
    found = changes.since(db, account_id, since, REPLAY)
    if found is None:
        return seq, [Event(seq=seq, type="reset")]
    ids = {each.message_id for each in found if each.message_id}
    stored = {one: each for one in ids if (each := messages.get(db, account_id, one)) is not None}
    shown = {one: each for one, each in stored.items() if reach.reached(db, asked, each)}
    summaries = {each.id: each for each in views.summaries(db, account_id, list(shown.values()))}
    told: list[Event] = []
    for change in found:
        kind = TYPES.get(change.kind)
        if kind is None:
            continue
        if not change.message_id:
            told.append(Event(seq=change.seq, type=kind))
        elif change.message_id in summaries:
            told.append(
                Event(seq=change.seq, type=kind, message_id=change.message_id, message=summaries[change.message_id])
            )
        elif change.message_id not in stored and not asked.addresses:
            # gone: only who reaches all mail may know that there was something
            told.append(Event(seq=change.seq, type="message.removed", message_id=change.message_id))
    return seq, told


def _frame(event: Event) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.type.encode(), msgspec.json.encode(event))


def _position(value: str) -> int | None:
    """A sequence number; None where none was given, UNKNOWN for nonsense."""
    value = value.strip()
    if not value:
        return None
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else UNKNOWN

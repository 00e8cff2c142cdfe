"""The mail log: one function per thing that can happen to mail. Never a body, a subject, a code or a secret."""

import json
import logging
import re
import sys
import time
from functools import lru_cache
from types import TracebackType
from typing import TextIO

INFO, WARNING, ERROR = "info", "warning", "error"
_PLAIN = re.compile(r"[\w.:@<>+/-]{1,320}", re.ASCII)
"""What needs neither quotes nor a closer look: ids and addresses, thousands of them a second in a flood."""


class _Out:
    """Where lines go and how they look. Written directly: the logging module costs ten times as much per message."""

    stream: TextIO | None = None
    as_json = False


class _Libraries(logging.Handler):
    """What libraries warn about: level, logger and place, not their message, which may quote mail. Ours may speak."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info if record.exc_info and record.exc_info[0] else (None, None, None)
        fields = {"logger": record.name, "at": f"{record.filename}:{record.lineno}"}
        event = record.getMessage() if record.name.startswith("mailapp.") else "library"
        _tell(record.levelname.lower(), event, **fields, **_where(error[0], error[2]))


def configure(style: str) -> None:
    """Log to standard error as text or JSON lines; of libraries only warnings and errors."""
    _Out.stream, _Out.as_json = sys.stderr, style == "json"
    root = logging.getLogger()
    root.handlers[:] = [_Libraries()]
    root.setLevel(logging.WARNING)


def _tell(level: str, event: str, **fields: object) -> None:
    if _Out.stream is None:
        return
    now = time.time()
    if _Out.as_json:
        stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03}Z"
        line = json.dumps({"time": stamp, "level": level, "event": event, **_cleaned(fields)}, ensure_ascii=False)
    else:
        tail = "".join([f" {name}={_written(value)}" for name, value in fields.items()])
        line = f"{_local_time(int(now))} {level} {_clean(event)}{tail}"
    try:
        _Out.stream.write(line + "\n")
        _Out.stream.flush()
    except (OSError, ValueError):
        return  # a log nobody reads any more must not cost a message


@lru_cache(maxsize=1)
def _local_time(second: int) -> str:
    """Of hundreds of lines within a second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))


def _cleaned(fields: dict[str, object]) -> dict[str, object]:
    return {name: value if isinstance(value, int | float) else _clean(str(value)) for name, value in fields.items()}


def _clean(value: str) -> str:
    """One line, bounded: what a client sends must not forge a log line."""
    if len(value) <= 320 and value.isprintable():
        return value
    return "".join(c if c.isprintable() else "?" for c in value[:320])


def _written(value: object) -> object:
    """A value as it stands in a text line; one that could be taken for several fields in quotes."""
    if isinstance(value, int | float):
        return value
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    text = _clean(text)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' ="') else text


def _where(kind: type[BaseException] | None, trace: TracebackType | None) -> dict[str, str]:
    """Type and place of an exception, without its message: that may quote mail."""
    if kind is None:
        return {}
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return {"error": kind.__name__, "trace": " < ".join(reversed(places[-4:]))}


def started(http: str, smtp: str) -> None:
    _tell(INFO, "started", http=http, smtp=smtp)


def stopped() -> None:
    _tell(INFO, "stopped")


def delivered(queue_id: str, peer: str, recipients: int, size: int, ms: float) -> None:
    """A message was committed and the client is told 250."""
    _tell(INFO, "delivered", id=queue_id, peer=peer, recipients=recipients, size=size, ms=round(ms, 1))


def relayed(item: int, recipient: str, relay: str, reply: str, ms: int) -> None:
    """A relay (or our own delivery: local) took a message over for a recipient. Replies are code and status alone."""
    _tell(INFO, "relayed", item=item, recipient=recipient, relay=relay, reply=reply, ms=ms)


def deferred(item: int, recipient: str, relay: str, reply: str, seconds: int) -> None:
    """An attempt came to nothing; the next one is in so many seconds."""
    _tell(INFO, "deferred", item=item, recipient=recipient, relay=relay, reply=reply, next_s=seconds)


def failed(item: int, recipient: str, relay: str, reply: str) -> None:
    """A recipient was given up."""
    _tell(WARNING, "failed", item=item, recipient=recipient, relay=relay, reply=reply)


def doubled(item: int, recipient: str) -> None:
    """An attempt ended between the final dot and its answer; the next one possibly sends the message twice."""
    _tell(WARNING, "possibly sent twice", item=item, recipient=recipient)


def relay_unreachable(relay: str, step: str, kind: str) -> None:
    """A relay could not be talked to: where the conversation ended, and what kind of trouble it is."""
    _tell(WARNING, "relay unreachable", relay=relay, step=step, kind=kind)


def refused(peer: str, reverse_path: str, forward_path: str, reply: str) -> None:
    """A connection, a recipient or a message got a 4yz or 5yz; paths are "" where there is none."""
    _tell(INFO, "refused", peer=peer, reverse_path=reverse_path, forward_path=forward_path, reply=reply)


def connection_closed(peer: str, reply: str) -> None:
    """A limit or a timeout ended a connection."""
    _tell(INFO, "connection closed", peer=peer, reply=reply)


def expired(messages: int) -> None:
    """Retention rules deleted messages for good."""
    _tell(INFO, "deleted by retention rules", messages=messages)


def reindexing(messages: int) -> None:
    """The full text of a release before is being moved, in the background; searches find everything meanwhile."""
    _tell(INFO, "indexing anew in the background", messages=messages)


def reindexed() -> None:
    _tell(INFO, "indexed anew")


def logged_in(address: str, peer: str) -> None:
    _tell(INFO, "logged in", address=address, peer=peer)


def login_failed(address: str, peer: str) -> None:
    _tell(WARNING, "login failed", address=address, peer=peer)


def view_link_made(link: int, kind: str) -> None:
    _tell(INFO, "view link made", link=link, kind=kind)


def view_link_opened(link: int, peer: str) -> None:
    _tell(INFO, "view link opened", link=link, peer=peer)


def view_link_revoked(link: int) -> None:
    _tell(INFO, "view link revoked", link=link)


def administered(admin: str, act: str, what: str) -> None:
    """An admin changed something in the browser: who, how, and which account, address or domain."""
    _tell(INFO, "administered", admin=admin, act=act, what=what)


def unforeseen(where: str) -> None:
    """An exception nobody expected; call it in the except clause."""
    kind, _, trace = sys.exc_info()
    _tell(ERROR, "unforeseen error", where=where, **_where(kind, trace))


def warning(what: str) -> None:
    _tell(WARNING, what)

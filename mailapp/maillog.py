"""The mail log: one function per thing that can happen to mail. Never a body, a subject, a code or a secret."""

import json
import logging
import sys
import time

_log = logging.getLogger("mailapp")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{stamp}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = _where(record)
        return json.dumps(line, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        fields = getattr(record, "fields", {})
        tail = "".join(f" {name}={value}" for name, value in fields.items())
        error = f" error={_where(record)}" if record.exc_info and record.exc_info[0] is not None else ""
        return f"{stamp} {record.levelname.lower()} {record.getMessage()}{tail}{error}"


def _where(record: logging.LogRecord) -> str:
    """Type and place of an exception, without its message: that may quote mail."""
    assert record.exc_info is not None
    kind, _, trace = record.exc_info
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return f"{kind.__name__ if kind else '?'} at {' < '.join(reversed(places[-4:]))}"


def configure(style: str) -> None:
    """Log to standard error as text or JSON lines; libraries only from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _log.setLevel(logging.INFO)
    # these quote commands, arguments and paths of mail when they warn
    for name in ("mail.log", "mail.debug", "aiosmtpd"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _tell(level: int, event: str, exc_info: bool = False, **fields: object) -> None:
    if _log.isEnabledFor(level):
        _log.log(level, event, exc_info=exc_info, extra={"fields": {k: _clean(v) for k, v in fields.items()}})


def _clean(value: object) -> object:
    """One line, bounded: what a client sends must not forge a log line."""
    return value if isinstance(value, int | float) else "".join(c if c.isprintable() else "?" for c in str(value))[:320]


def started(http: str, smtp: str) -> None:
    _tell(logging.INFO, "started", http=http, smtp=smtp)


def stopped() -> None:
    _tell(logging.INFO, "stopped")


def delivered(queue_id: str, peer: str, recipients: int, size: int, ms: float) -> None:
    """A message was committed and the client is told 250."""
    _tell(logging.INFO, "delivered", id=queue_id, peer=peer, recipients=recipients, size=size, ms=round(ms, 1))


def refused(peer: str, reverse_path: str, forward_path: str, reply: str) -> None:
    """A connection, a recipient or a message got a 4yz or 5yz; paths are "" where there is none."""
    _tell(logging.INFO, "refused", peer=peer, reverse_path=reverse_path, forward_path=forward_path, reply=reply)


def connection_closed(peer: str, reply: str) -> None:
    """A limit or a timeout ended a connection."""
    _tell(logging.INFO, "connection closed", peer=peer, reply=reply)


def logged_in(address: str, peer: str) -> None:
    _tell(logging.INFO, "logged in", address=address, peer=peer)


def login_failed(address: str, peer: str) -> None:
    _tell(logging.WARNING, "login failed", address=address, peer=peer)


def unforeseen(where: str) -> None:
    """An exception nobody expected; call it in the except clause."""
    _tell(logging.ERROR, "unforeseen error", exc_info=True, where=where)


def warning(what: str) -> None:
    _tell(logging.WARNING, what)

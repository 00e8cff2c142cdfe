"""GET /metrics for Prometheus: to the machine itself, or with the token an admin made for it."""

import hashlib
import hmac
import ipaddress
import sqlite3
from collections.abc import Sequence

from quart import Blueprint, Response, request

from mailapp import __version__
from mailapp.flow import machine
from mailapp.flow.traffic import (
    BOUNDS_MS,
    CODES,
    DEFERRED,
    DEFERRED_IN,
    FAILED,
    IN,
    IN_BYTES,
    REFUSED,
    SENT,
    SHOWN,
    STORED,
)  # fmt: skip
from mailapp.store import audit, overview, settings
from mailapp.web.context import context, site
from mailapp.web.exposition import CONTENT_TYPE, Family, Histogram, exposition
from mailapp.web.proxies import PASSED_ON

blueprint = Blueprint("metrics", __name__)
TOKEN = "metrics_token"  # noqa: S105 - a setting's name
"""Setting: SHA-256 of the token, as hex."""
NAMES_OF_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@blueprint.get("/metrics")
async def show() -> Response:
    """401 to others than the machine itself and whoever has the token."""
    if not _is_local() and not await _has_token():
        return Response("", 401, {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})
    pending, deferred = await context().database.read(overview.on_their_way)
    response = Response(exposition(_families(pending, deferred)), 200, content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def keep(db: sqlite3.Connection, token: str, who: str) -> None:
    """Let this token in from now on, and no other."""
    audit.record(db, who, "token.added", about="/metrics")
    settings.set_(db, TOKEN, hashlib.sha256(token.encode()).hexdigest())


def _is_local() -> bool:
    """Asked from this machine for this machine; a proxy on it that hides who asks asks for another name."""
    host = request.host.rpartition(":")[0] if not request.host.endswith("]") and ":" in request.host else request.host
    passed_on = request.scope.get(PASSED_ON, False)
    forwarded = passed_on or any(name in request.headers for name in ("Forwarded", "Via", "X-Real-IP"))
    try:
        loopback = ipaddress.ip_address((request.remote_addr or "").partition("%")[0]).is_loopback
    except ValueError:
        return False
    return loopback and host in NAMES_OF_LOOPBACK and not forwarded


async def _has_token() -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    held = await context().database.read(settings.get, TOKEN)
    hashed = hashlib.sha256(given.strip().encode("utf-8", "surrogateescape")).hexdigest()
    return bool(held) and kind.lower() == "bearer" and hmac.compare_digest(hashed, held)


def _families(pending: int, deferred: int) -> Sequence[Family]:
    receiving = context().receiving
    now, sums = receiving.traffic.now(), receiving.traffic.sums_ms
    memory, disk = machine.memory(), machine.disk(context().database.path)

    def counter(name: str, help_: str, **kinds: str) -> Family:
        samples = [({"result": result}, float(now[kind])) for result, kind in kinds.items()]
        return Family(f"mailapp_{name}_total", "counter", help_, samples)

    def gauge(name: str, help_: str, value: float) -> Family:
        return Family(f"mailapp_{name}", "gauge", help_, [({}, value)])

    def latency(step: str) -> Histogram:
        classes = [now[f"{step}.{number}"] for number in range(len(BOUNDS_MS) + 1)]
        return Histogram({"step": step}, [bound / 1000 for bound in BOUNDS_MS], classes, sums[step] / 1000)

    return [
        Family("mailapp_info", "gauge", "The version that runs.", [({"version": __version__}, 1)]),
        counter("received", "Mail transactions at the SMTP entrance.", taken=IN, refused=REFUSED, deferred=DEFERRED_IN),
        Family("mailapp_received_bytes_total", "counter", "Size of the messages taken.", [({}, now[IN_BYTES])]),
        counter("sent", "Attempts for recipients of outgoing mail.", sent=SENT, deferred=DEFERRED, failed=FAILED),
        Family("mailapp_codes_total", "counter", "Messages that came with a code.", [({}, now[CODES])]),
        Family(
            "mailapp_latency_seconds",
            "histogram",
            "From the final dot to the disk (stored), from accepted to an open page (shown).",
            histograms=[latency(STORED), latency(SHOWN)],
        ),
        Family(
            "mailapp_queue_recipients",
            "gauge",
            f"Recipients of outgoing mail on their way; counted up to {overview.COUNTED}.",
            [({"state": "pending"}, pending), ({"state": "deferred"}, deferred)],
        ),
        gauge("log_missed_transactions", "Transactions too many for the receiving log.", receiving.missed),
        gauge("streams", "Open pages.", site().places.total),
        gauge("memory_bytes", "Resident memory.", memory.now),
        gauge("database_bytes", "The database with its write-ahead log.", disk.database),
        gauge("disk_free_bytes", "Free on the disk of the database.", disk.free),
        gauge("healthy", "1 where database, SMTP listener and relay loop are alive.", not context().health()),
    ]

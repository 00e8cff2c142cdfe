"""DSNs that come in: what another server says became of a message of ours (RFC 3464)."""

import sqlite3
import time
from collections.abc import Iterable

from mailapp import maillog
from mailapp.events import Bus, Changed
from mailapp.mail import dsn
from mailapp.mail.address import fold
from mailapp.mail.content import Content
from mailapp.mail.dsn import RecipientStatus
from mailapp.mail.message import Message
from mailapp.store import queue
from mailapp.store.arrivals import reference_hash
from mailapp.store.database import Database
from mailapp.store.queue import Acted

STATES = {"failed": "failed", "delivered": "delivered", "delayed": "deferred"}
"""Action -> what it makes of a recipient; relayed and expanded tell nothing new."""


async def note(database: Database, bus: Bus, account_ids: Iterable[int], message: Message, content: Content) -> None:
    """Take what a message with a null reverse-path reports into the status of the mail it is about.

    Anyone can write one: only mail of the accounts it came to is touched, only recipients a relay had accepted, and
    each of them once, in one unit of work however many it names. Never raises: the message itself is filed already.
    """
    try:
        report = dsn.read(message, content)
        if report is None or not report.original_id:
            return
        ref_hash, now_ms = reference_hash(report.original_id), time.time_ns() // 1_000_000
        for account_id in account_ids:
            acted = await database.write(_take, account_id, ref_hash, report.recipients, now_ms)
            if acted:
                changed = tuple(dict.fromkeys(one.message_id for one in acted))
                bus.publish(Changed(account_id, acted[-1].seq, changed))
    except Exception:
        maillog.unforeseen("reading a delivery report")


def _take(
    db: sqlite3.Connection, account_id: int, ref_hash: int, recipients: Iterable[RecipientStatus], now_ms: int
) -> list[Acted]:
    acted: list[Acted] = []
    told: set[str] = set()
    for one in recipients:
        state = STATES.get(one.action)
        named = {fold(one.address), fold(one.final_address)}
        if state is None or named & told:
            continue
        for address in dict.fromkeys((one.address, one.final_address)):
            found = queue.report_event(
                db, account_id, None, ref_hash, address, state, _code(one.reason), one.status, one.reason, now_ms
            )
            if found is not None:
                acted.append(found)
                told.add(fold(address))
                break
    return acted


def _code(reason: str) -> int:
    """The reply code a diagnostic begins with, 0 where it has none."""
    head = reason[:3]
    return int(head) if len(head) == 3 and head.isascii() and head.isdigit() and head[0] in "245" else 0

"""Mail of our own on its way, as the pages' tests need it: submitted for real, with a relay played by the test."""

import sqlite3
import time
from dataclasses import replace
from uuid import uuid4

from mailapp.events import Changed
from mailapp.flow.submission import Submitted
from mailapp.mail.draft import Draft
from mailapp.store import accounts, queue
from mailapp.store.queue import Outcome
from tests.web.conftest import LIN, Mail

LETTER = Draft(from_=LIN, to="周婧 <zhou@sanlian.example>", subject="第二版校样", text="周婧你好：第二版我看完了。")


async def send(
    mail: Mail, draft: Draft = LETTER, *, account_id: int = 0, at_ms: int | None = None, hold_s: int = 0, **fields: str
) -> Submitted:
    """Submit a draft, Lin's where nothing else is said."""
    account = await mail.context.database.read(accounts.get, account_id or mail.lin)
    assert account is not None
    draft = replace(draft, **fields)  # type: ignore[arg-type]
    saved = await mail.context.drafting.save(account.id, uuid4().hex, draft, None)
    return await mail.context.submission.submit(replace(account, undo_send_s=hold_s), saved.draft_id, at_ms)


async def answer(mail: Mail, submitted: Submitted, **answers: Outcome) -> None:
    """A relay's answers by the local part of the address; those left out stay under way."""
    database = mail.context.database
    await database.write(_make_due, submitted.item_id)
    (claim,) = await database.write(queue.due, 0, 10)
    found = {one.id: answers.get(one.address.partition("@")[0]) for one in claim.recipients}
    outcomes = [replace(outcome, recipient_id=id_) for id_, outcome in found.items() if outcome is not None]
    settled = await database.write(queue.settle, outcomes, int(mail.context.clock() * 1000))
    for account_id, seq in settled.seqs.items():
        mail.context.bus.publish(Changed(account_id, seq, settled.message_ids[account_id]))


def _make_due(db: sqlite3.Connection, item_id: int) -> None:
    db.execute("UPDATE queue_recipients SET next_at = 0 WHERE item_id = ? AND claimed = 0", (item_id,))


def accepted(text: str = "queued as 4FqT2x") -> Outcome:
    return Outcome(0, "sent", 250, "2.0.0", text, "relay.yuanye.example", took_ms=1_200)


def refused(text: str = "User unknown") -> Outcome:
    return Outcome(0, "failed", 550, "5.1.1", text, "relay.yuanye.example", took_ms=400)


def deferred(text: str = "Greylisted", *, next_ms: int = 0) -> Outcome:
    """To be tried again in twelve minutes, where nothing else is said."""
    next_ms = next_ms or int(time.time() * 1000) + 720_000
    return Outcome(0, "deferred", 451, "4.7.1", text, "relay.yuanye.example", took_ms=400, next_ms=next_ms)


def delivered() -> Outcome:
    return Outcome(0, "delivered", 250, "2.1.5", "", "local", took_ms=30)

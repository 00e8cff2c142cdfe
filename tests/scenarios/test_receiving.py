"""The whole server remembers what it was asked, and has it on disk when it is down."""

import asyncio
import smtplib
import sqlite3

from mailapp.app import running
from mailapp.config import Config
from mailapp.store import receiving_log, traffic
from tests.conftest import make_account
from tests.web.conftest import LIN, letter


def _bring(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mx.sanlian.example", timeout=10) as client:
        refused = client.sendmail("zhou@sanlian.example", [LIN, "linn@yuanye.example"], letter().as_bytes())
        assert list(refused) == ["linn@yuanye.example"]


async def test_what_came_last_is_in_the_log_after_a_stop(config: Config) -> None:
    async with running(config) as app:
        await make_account(app.database, LIN)
        await asyncio.to_thread(_bring, app.smtp.addresses[0][1])
    db = sqlite3.connect(config.database)
    try:
        row = db.execute("SELECT outcome, helo, recipient_count, accounts FROM smtp_transactions").fetchall()
        assert row == [("taken", "mx.sanlian.example", 2, "1")]
        assert db.execute("SELECT address, times FROM refused_addresses").fetchall() == [("linn@yuanye.example", 1)]
        counted = next(iter(traffic.since(db, 0).values()))
        assert counted["in"] == 1
        assert receiving_log.latest(db) > 0
    finally:
        db.close()

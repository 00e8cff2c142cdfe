"""What `mailapp serve --demo` adds to a server: accounts with fresh passwords, and mail that keeps coming."""

import asyncio
import secrets
import sqlite3
import time

from mailapp import maillog
from mailapp.demo import feeder
from mailapp.flow import passwords
from mailapp.store import accounts, addresses, domains
from mailapp.store.database import Database
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class DemoAccount:
    address: str
    name: str
    admin: bool
    password: str


async def prepare(database: Database) -> list[DemoAccount]:
    """Make the demo accounts, or give those of an earlier run new passwords; the first catches all of its domain."""
    made = []
    for position, (address, name) in enumerate(feeder.DEMO_ACCOUNTS):
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        hashed = await asyncio.to_thread(passwords.hash_, password)
        admin = position == 0
        await database.write(_ensure, address, name, hashed, admin)
        made.append(DemoAccount(address, name, admin, password))
    return made


def _ensure(db: sqlite3.Connection, address: str, name: str, hashed: str, admin: bool) -> None:
    now = time.time_ns() // 1_000_000
    held = accounts.by_address(db, address)
    if held is not None:
        accounts.set_password(db, held.id, hashed)
        return
    role = accounts.ADMIN if admin else accounts.MEMBER
    account_id = accounts.add(db, address=address, name=name, password_hash=hashed, role=role, now_ms=now)
    domain_id = domains.ensure(db, address.rpartition("@")[2], now)
    if admin:
        domains.set_catch_all(db, domain_id, account_id)
        addresses.add(db, f"shop@{address.rpartition('@')[2]}", domain_id, [account_id], now)


async def feed(smtp: tuple[str, int], recipients: list[str]) -> None:
    """Deliver sample mail until cancelled."""
    stop = asyncio.Event()
    try:
        await feeder.feed(smtp, recipients, stop)
    except Exception:
        maillog.unforeseen("demo mail")
    finally:
        stop.set()

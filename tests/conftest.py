"""Fixtures every test may use: a database on a real disk, and accounts in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailapp.events import Bus
from mailapp.flow import passwords
from mailapp.store import accounts, domains
from mailapp.store.database import Database

PASSWORD = "a sentence is best remembered"
DOMAIN = "yuanye.example"


@pytest.fixture(autouse=True, scope="session")
def _quick_hashes() -> None:
    """bcrypt at its lowest cost: what is tested is that passwords are checked, not how slowly."""
    passwords.COST = 4


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "data" / "emails.db")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def bus() -> Bus:
    return Bus()


async def make_account(
    database: Database,
    address: str = f"lin@{DOMAIN}",
    *,
    name: str = "林越",
    admin: bool = False,
    password: str = PASSWORD,
    catch_all: bool = False,
) -> int:
    """An account made as the command line does it; its id."""
    role = accounts.ADMIN if admin else accounts.MEMBER

    def make(db: object) -> int:
        account_id = accounts.add(
            db, address=address, name=name, password_hash=passwords.hash_(password), role=role, now_ms=1
        )
        if catch_all:
            domains.set_catch_all(db, domains.ensure(db, address.partition("@")[2], 1), account_id)
        return account_id

    return await database.write(make)

"""Fixtures every test may use: a database on a real disk, and accounts in it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from mailapp.events import Bus
from mailapp.flow import passwords
from mailapp.store import accounts, domains, search
from mailapp.store.database import Database
from tests.chromium import SharedChromium
from tests.compiled import compiled_once

PASSWORD = "a sentence is best remembered"
DOMAIN = "yuanye.example"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", default="", metavar="DIR", help="where the README's pictures are kept when taken")


@pytest.fixture(autouse=True, scope="session")
def _quick_hashes() -> None:
    """bcrypt at its lowest cost: what is tested is that passwords are checked, not how slowly."""
    passwords.COST = 4


@pytest.fixture(autouse=True, scope="session")
def _patient_searches() -> None:
    """On a machine that is busy with other tests a search takes longer; tests of its deadline set one themselves."""
    search.PAGE_S = search.COUNT_S = 10.0


@pytest.fixture(autouse=True, scope="session")
def _compiled_once() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def shared_chromium() -> Iterator[SharedChromium]:
    shared = SharedChromium()
    yield shared
    shared.close()


@pytest.fixture
def _function_scoped_runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    """pytest-asyncio's loop of a test: tests that take a `browser`, and all their fixtures, run on the browser's.

    The name is private to pytest-asyncio. Should it change, nothing breaks: each test starts a Chromium of its own.
    """
    if "browser" not in request.fixturenames:
        yield request.getfixturevalue("_function_scoped_runner")
        return
    shared: SharedChromium = request.getfixturevalue("shared_chromium")
    yield shared.lend()
    shared.take_back()


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

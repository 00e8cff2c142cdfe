"""Lists an account has left."""

import pytest

from mailapp.store import unsubscriptions
from mailapp.store.database import Database
from tests.conftest import make_account


async def test_a_list_is_left_by_one_account_only_and_once_more_counts_from_now(database: Database) -> None:
    lin = await make_account(database)
    ann = await make_account(database, "ann@yuanye.example")
    await database.write(unsubscriptions.add, lin, "news.example", "click", 1)
    assert await database.read(unsubscriptions.left, lin, "news.example") == ("click", 1)
    assert await database.read(unsubscriptions.left, ann, "news.example") is None
    await database.write(unsubscriptions.add, lin, "news.example", "mail", 2)
    assert await database.read(unsubscriptions.left, lin, "news.example") == ("mail", 2)


async def test_an_account_that_is_gone_is_told(database: Database) -> None:
    with pytest.raises(LookupError):
        await database.write(unsubscriptions.add, 99, "news.example", "click", 1)

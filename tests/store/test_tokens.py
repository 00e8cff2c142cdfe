"""Tokens at rest, and the keys submissions are repeated by."""

import pytest

from mailapp.store import accounts, submission_keys, tokens
from mailapp.store.database import Database
from mailapp.store.submission_keys import KEPT_MS, KeyReused, TooManyKeys
from mailapp.store.tokens import NewToken, TooManyTokens
from tests.conftest import make_account

NOW = 1_790_000_000_000
READING = NewToken(("read",))


async def test_a_token_is_found_by_its_hash_with_all_that_was_chosen(database: Database) -> None:
    lin = await make_account(database)
    new = NewToken(("read", "codes"), ("shop@yuanye.example", "a@yuanye.example"), "the till", NOW + 5)
    made = await database.write(tokens.add, lin, b"h" * 32, new, NOW)
    found = await database.read(tokens.find, b"h" * 32)
    assert found == made
    assert (found.scopes, found.addresses, found.name) == (new.scopes, new.addresses, "the till")
    assert (found.created_at, found.expires_at, found.used_at) == (NOW, NOW + 5, None)
    assert await database.read(tokens.find, b"x" * 32) is None
    await database.write(tokens.note_use, made.id, NOW + 1)
    assert (await database.read(tokens.get, made.id)).used_at == NOW + 1


async def test_tokens_of_others_are_not_revoked(database: Database) -> None:
    lin, ann = await make_account(database), await make_account(database, "ann@yuanye.example")
    made = await database.write(tokens.add, lin, b"1", READING, NOW)
    assert not await database.write(tokens.remove, ann, made.id)
    assert await database.write(tokens.remove_all, ann) == 0
    assert await database.write(tokens.remove, lin, made.id)
    assert await database.read(tokens.of_account, lin) == []


async def test_tokens_go_with_their_account(database: Database) -> None:
    await make_account(database, "admin@yuanye.example", admin=True)
    lin = await make_account(database)
    await database.write(tokens.add, lin, b"1", READING, NOW)
    await database.write(accounts.remove, lin)
    assert await database.read(tokens.find, b"1") is None


async def test_an_account_has_a_bounded_number_of_tokens(database: Database) -> None:
    lin = await make_account(database)
    for number in range(tokens.MOST):
        await database.write(tokens.add, lin, bytes([number]), READING, NOW)
    with pytest.raises(TooManyTokens):
        await database.write(tokens.add, lin, b"one more", READING, NOW)


async def test_a_key_names_one_draft_for_a_day(database: Database) -> None:
    lin, ann = await make_account(database), await make_account(database, "ann@yuanye.example")
    assert await database.write(submission_keys.take, lin, b"k", b"r", "first", NOW) == "first"
    assert await database.write(submission_keys.take, lin, b"k", b"r", "second", NOW + KEPT_MS - 1) == "first"
    assert await database.write(submission_keys.take, ann, b"k", b"r", "third", NOW) == "third"
    with pytest.raises(KeyReused):
        await database.write(submission_keys.take, lin, b"k", b"another", "fourth", NOW + 1)
    assert await database.write(submission_keys.take, lin, b"k", b"another", "fifth", NOW + KEPT_MS) == "fifth"
    await database.write(submission_keys.release, lin, b"k")
    assert await database.write(submission_keys.take, lin, b"k", b"r", "sixth", NOW + KEPT_MS) == "sixth"


async def test_keys_are_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission_keys, "MOST", 2)
    lin = await make_account(database)
    for key in (b"1", b"2"):
        await database.write(submission_keys.take, lin, key, b"r", "d", NOW)
    with pytest.raises(TooManyKeys):
        await database.write(submission_keys.take, lin, b"3", b"r", "d", NOW)
    assert await database.write(submission_keys.take, lin, b"3", b"r", "later", NOW + KEPT_MS) == "later"

"""The audit log: what is written down, what is masked, how it is filtered, and that it ends somewhere."""

import sqlite3

import pytest

from mailapp.store import audit
from mailapp.store.database import Database


async def _page(database: Database, **asked: str) -> list[tuple[str, str, str, str, str]]:
    found = await database.read(lambda db: audit.page(db, 0, 50, **asked))
    return [(each.who, each.what, each.about, each.from_, each.to) for each in found]


async def test_a_change_that_fails_leaves_no_entry(database: Database) -> None:
    def change(db: sqlite3.Connection) -> None:
        audit.record(db, "lin@a.example", "account.role", "member", "admin", about="ann@a.example")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(change)
    assert await _page(database) == []


async def test_entries_are_found_by_who_by_noun_and_by_words(database: Database) -> None:
    def fill(db: sqlite3.Connection) -> None:
        audit.record(db, "lin@a.example", "account.role", "member", "admin", about="ann@a.example", now_ms=1)
        audit.record(db, "cli:root", "domain.added", about="100%_b.example", now_ms=2)

    await database.write(fill)
    first = ("cli:root", "domain.added", "100%_b.example", "", "")
    second = ("lin@a.example", "account.role", "ann@a.example", "member", "admin")
    assert await _page(database) == [first, second]
    assert await _page(database, who="lin@a.example") == [second]
    assert await _page(database, noun="domain") == [first]
    assert await _page(database, q="%_b") == [first]
    assert await _page(database, q="_nn") == []
    assert await _page(database, noun="d%") == []
    assert await database.read(audit.people) == ["cli:root", "lin@a.example"]


async def test_pages_go_on_behind_an_entry(database: Database) -> None:
    def fill(db: sqlite3.Connection) -> None:
        for number in range(7):
            audit.record(db, "mailapp", "setting.changed", to=str(number))

    await database.write(fill)
    first = await database.read(audit.page, 0, 4)
    rest = await database.read(audit.page, first[-1].id, 4)
    assert [each.to for each in (*first, *rest)] == ["6", "5", "4", "3", "2", "1", "0"]


async def test_the_log_keeps_the_newest_and_long_values_are_cut(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "KEPT", 3)
    monkeypatch.setattr(audit, "EVERY", 1)

    def fill(db: sqlite3.Connection) -> None:
        for number in range(5):
            audit.record(db, "mailapp", "setting.changed", to=f"{number}{'x' * 2_000}\ud800")

    await database.write(fill)
    found = await database.read(audit.page, 0, 10)
    assert [each.to[0] for each in found] == ["4", "3", "2"]
    assert all(len(each.to) == audit.LONGEST for each in found)


async def test_an_account_that_does_much_pushes_out_its_own_entries_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "KEPT", 40)
    monkeypatch.setattr(audit, "OF_ONE", 10)
    monkeypatch.setattr(audit, "EVERY", 5)

    def fill(db: sqlite3.Connection) -> None:
        audit.record(db, "lin@yuanye.example", "account.role", "account", "admin", about="ann@yuanye.example")
        for number in range(200):
            audit.record(db, "ann@yuanye.example", "address.state", to=str(number))

    await database.write(fill)
    found = await database.read(audit.page, 0, 100)
    assert len(found) < 10 + 5 + 1
    assert found[0].to == "199"
    assert (found[-1].who, found[-1].what) == ("lin@yuanye.example", "account.role")


async def test_secrets_are_never_written_down(database: Database) -> None:
    old: dict[str, object] = {"host": "a.example", "secret": b"one", "port": 25, "domains": ("a.example",)}
    new: dict[str, object] = {"host": "b.example", "secret": b"two", "port": 25, "domains": ()}
    from_, to = audit.differences(old, new, frozenset({"secret"}))
    assert from_ == f"host: a.example\nsecret: {audit.HIDDEN}\ndomains: a.example"
    assert to == f"host: b.example\nsecret: {audit.HIDDEN}\ndomains: "
    token = "mailapp_" + "k" * 43
    await database.write(lambda db: audit.record(db, "cli:root", "token.added", to=f"read {token}"))
    assert (await _page(database))[0][4] == f"read {audit.HIDDEN}"

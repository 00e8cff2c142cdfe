"""Folders in folders: names, places, and what refuses."""

import pytest

from mailapp.store import labels, mailboxes
from mailapp.store.database import Database
from mailapp.store.names import NameTaken, NotInItself, TooDeep, TooMany
from tests.conftest import make_account


async def _paths(database: Database, account_id: int) -> list[str]:
    held, path, found = await database.read(mailboxes.of_account, account_id), list[str](), []
    for depth, each in mailboxes.tree(held):
        path = [*path[:depth], each.name]
        found.append("/".join(path))
    return found


async def test_a_path_makes_the_folders_it_names(database: Database) -> None:
    lin = await make_account(database)
    for path in (["项目", "校样"], ["项目", "封面"], ["发票"], ["项目", "校样", "旧"]):
        await database.write(mailboxes.add, lin, path)
    assert await _paths(database, lin) == ["发票", "项目", "项目/封面", "项目/校样", "项目/校样/旧"]
    with pytest.raises(NameTaken):
        await database.write(mailboxes.add, lin, ["项目"])
    await database.write(mailboxes.add, lin, ["Work"])
    with pytest.raises(NameTaken):
        await database.write(mailboxes.add, lin, ["wORK"])
    with pytest.raises(TooDeep):
        await database.write(mailboxes.add, lin, [str(each) for each in range(mailboxes.DEPTH + 1)])


async def test_renaming_moves_a_folder_with_what_lies_in_it(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    inner = await database.write(mailboxes.add, lin, ["a", "b", "c"])
    outer = (await database.read(mailboxes.branch, lin, inner))[0].parent_id
    assert outer is not None
    await database.write(mailboxes.rename, lin, outer, ["x", "y"])
    assert await _paths(database, lin) == ["a", "x", "x/y", "x/y/c"]
    with pytest.raises(NotInItself):
        await database.write(mailboxes.rename, lin, outer, ["x", "y", "c", "z"])
    with pytest.raises(TooDeep):
        await database.write(mailboxes.rename, lin, outer, ["1", "2", "3", "4", "5", "6"])
    with pytest.raises(NameTaken):
        await database.write(mailboxes.rename, lin, outer, ["A"])
    with pytest.raises(LookupError):
        await database.write(mailboxes.rename, ana, outer, ["hers"])
    inbox = await database.read(mailboxes.by_role, lin, "inbox")
    with pytest.raises(LookupError):
        await database.write(mailboxes.rename, lin, inbox, ["mine"])
    assert await _paths(database, lin) == ["a", "x", "x/y", "x/y/c"], "a refusal changes nothing"


async def test_folders_and_labels_of_an_account_are_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "OWN", 3)
    monkeypatch.setattr(labels, "LABELS", 1)
    lin = await make_account(database)
    await database.write(mailboxes.add, lin, ["a", "b"])
    with pytest.raises(TooMany):
        await database.write(mailboxes.add, lin, ["c", "d"])
    assert await _paths(database, lin) == ["a", "a/b"]
    await database.write(labels.add, lin, "one")
    with pytest.raises(TooMany):
        await database.write(labels.add, lin, "two")
    with pytest.raises(NameTaken):
        await database.write(labels.add, lin, "ONE")

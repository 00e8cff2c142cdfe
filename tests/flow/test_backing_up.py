"""Backups: due when they should be, kept by count, readable only with the key, refused when damaged."""

import asyncio
import os
import random
import shutil
import tarfile
import threading
import tracemalloc
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pyrage
import pytest

from mailapp.flow import backing_up, backup_file, backup_making, restoring
from mailapp.flow.backing_up import Backups, Plan, PlanRefused, is_due
from mailapp.flow.backup_file import KeyNeeded, RecipientRefused, recipients_of
from mailapp.flow.backup_making import BackupFailed
from mailapp.flow.restoring import RestoreRefused
from mailapp.holding import AlreadyRunning, locked, only_one
from mailapp.store import accounts, audit, settings
from mailapp.store.database import Database, connect
from mailapp.store.snapshot import Damaged
from tests.conftest import DOMAIN, make_account

NOW = 1_800_000_000.0


class Parts:
    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.database = database
        self.data_dir = database.path.parent
        self.backups = Backups(database, self.data_dir, lambda: self.now)

    async def make(self) -> Path:
        held = await self.backups.make("lin@yuanye.example")
        self.now += 1
        path = self.backups.path(held.name)
        assert path is not None
        return path


@pytest.fixture
async def parts(database: Database) -> Parts:
    await make_account(database)
    return Parts(database)


def _restore(source: Path, into: Path, **given: object) -> restoring.Restored:
    return restoring.restore(source, into, by="cli:root", say=lambda step: None, **given)  # type: ignore[arg-type]


def _addresses(data_dir: Path) -> list[str]:
    db = connect(data_dir / "emails.db", read_only=True)
    try:
        return [each.address for each in accounts.all_(db)]
    finally:
        db.close()


async def test_a_backup_is_restored_elsewhere_and_written_down_on_both_sides(parts: Parts, tmp_path: Path) -> None:
    path = await parts.make()
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert oct(path.parent.stat().st_mode)[-3:] == "700"
    assert sorted(each.name for each in path.parent.iterdir()) == ["lock", path.name]
    restored = _restore(path, tmp_path / "there")
    assert _addresses(tmp_path / "there") == [f"lin@{DOMAIN}"]
    assert restored.manifest.counts["accounts"] == 1
    assert restored.set_aside is None
    assert sorted(each.name for each in (tmp_path / "there").iterdir()) == ["emails.db", "lock"]
    entry = (await parts.database.read(audit.page, 0, 1))[0]
    assert (entry.who, entry.what, entry.to) == (f"lin@{DOMAIN}", "backup.made", path.name)
    plan = await parts.database.read(backing_up.plan_of)
    assert plan.last_ms == NOW * 1000


async def test_restoring_replaces_nothing_unasked_and_sets_aside_what_was_there(parts: Parts, tmp_path: Path) -> None:
    path, there = await parts.make(), tmp_path / "there"
    _restore(path, there)
    await make_account(parts.database, f"ann@{DOMAIN}")
    newer = await parts.make()
    with pytest.raises(RestoreRefused, match="exists"):
        _restore(newer, there)
    assert _addresses(there) == [f"lin@{DOMAIN}"]
    aside = _restore(newer, there, force=True).set_aside
    assert aside is not None
    assert _addresses(there) == [f"ann@{DOMAIN}", f"lin@{DOMAIN}"]
    with only_one(there), pytest.raises(AlreadyRunning):
        _restore(newer, there, force=True)
    aside.rename(there / "emails.db")
    assert _addresses(there) == [f"lin@{DOMAIN}"]


async def test_a_database_too_broken_to_open_is_set_aside_as_it_is(parts: Parts, tmp_path: Path) -> None:
    path, there = await parts.make(), tmp_path / "there"
    there.mkdir()
    for name in ("emails.db", "emails.db-wal", "emails.db-shm"):
        (there / name).write_bytes(b"rubbish")
    aside = _restore(path, there, force=True).set_aside
    assert aside is not None
    assert aside.read_bytes() == Path(f"{aside}-wal").read_bytes() == b"rubbish"
    assert _addresses(there) == [f"lin@{DOMAIN}"]


async def test_a_log_left_behind_by_a_lost_database_does_not_get_into_the_restored_one(
    parts: Parts, tmp_path: Path
) -> None:
    path, there = await parts.make(), tmp_path / "there"
    await make_account(parts.database, f"ann@{DOMAIN}")
    there.mkdir()
    for name in ("emails.db", "emails.db-wal"):
        shutil.copy(parts.data_dir / name, there / name)
    assert (there / "emails.db-wal").stat().st_size > 0
    (there / "emails.db").unlink()
    _restore(path, there)
    assert _addresses(there) == [f"lin@{DOMAIN}"]
    assert not (there / "emails.db-wal").exists() or not (there / "emails.db-wal").stat().st_size


async def test_what_is_cut_off_is_refused_and_nothing_is_touched(parts: Parts, tmp_path: Path) -> None:
    whole = (await parts.make()).read_bytes()
    there, given = tmp_path / "there", tmp_path / "given.tar.zst"
    for data in (
        *(whole[:length] for length in (0, 3, 4, 20, len(whole) // 2, len(whole) - 1)),
        b"x" * 99,
        whole + b"x",
    ):
        given.write_bytes(data)
        with pytest.raises(Damaged):
            _restore(given, there)
        assert [each.name for each in there.iterdir()] == ["lock"]
    given.write_bytes(whole)
    _restore(given, there)


async def test_of_what_was_changed_nothing_else_comes_out(parts: Parts, tmp_path: Path) -> None:
    """A bit that means nothing to zstd may flip; any other is found out."""
    whole = (await parts.make()).read_bytes()
    (tmp_path / "whole").write_bytes(whole)
    first = backup_file.unpack(tmp_path / "whole", tmp_path, "")[1].read_bytes()
    given, choose, refused = tmp_path / "given", random.Random(5), 0
    for number in range(60):
        place = choose.randrange(len(whole))
        given.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << choose.randrange(8))]) + whole[place + 1 :])
        into = tmp_path / str(number)
        into.mkdir()
        try:
            assert backup_file.unpack(given, into, "")[1].read_bytes() == first
        except Damaged:
            refused += 1
    assert refused > 50


async def test_only_the_private_key_opens_an_encrypted_one(parts: Parts, tmp_path: Path) -> None:
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    await parts.backups.change("3", "7", f"# mine\n{mine.to_public()}\n", "lin@yuanye.example")
    path = await parts.make()
    assert path.name.endswith(".tar.zst.age")
    assert DOMAIN.encode() not in path.read_bytes()
    for key in ("", "nonsense", str(other)):
        with pytest.raises(KeyNeeded):
            _restore(path, tmp_path / "there", key=key)
    whole = path.read_bytes()
    for data in (whole[:-1], whole[: len(whole) // 2], whole[:-9] + b"x" * 9):
        (tmp_path / "given").write_bytes(data)
        with pytest.raises(Damaged):
            _restore(tmp_path / "given", tmp_path / "there", key=str(mine))
    _restore(path, tmp_path / "there", key=f"# created\n{mine}\n")
    assert _addresses(tmp_path / "there") == [f"lin@{DOMAIN}"]


@pytest.mark.parametrize("key", ["age1nonsense", "AGE-SECRET-KEY-1QQ", "ssh-ed25519 AAAA", "x" * 10_000])
def test_what_is_no_public_key_is_refused(key: str) -> None:
    with pytest.raises(RecipientRefused):
        recipients_of(key)


async def test_the_newest_are_kept(parts: Parts) -> None:
    await parts.backups.change("", "2", "", "lin@yuanye.example")
    made = [(await parts.make()).name for _ in range(4)]
    assert [each.name for each in parts.backups.held()] == [made[3], made[2]]
    assert (await parts.database.read(audit.page, 0, 1))[0].from_ == made[1]
    assert await parts.backups.remove(made[3], "lin@yuanye.example")
    assert not await parts.backups.remove("../emails.db", "lin@yuanye.example")
    assert parts.backups.path("../emails.db") is None


async def test_one_at_a_time_and_what_was_cut_off_is_cleared_away(parts: Parts) -> None:
    left = parts.data_dir / "backups" / f"{backup_making.PART}left"
    left.mkdir(parents=True)
    (left / "emails.db").write_bytes(b"x")
    first = asyncio.ensure_future(parts.backups.make("lin@yuanye.example"))
    await asyncio.sleep(0)
    with pytest.raises(BackupFailed, match="running"):
        await parts.backups.make("lin@yuanye.example")
    await first
    assert not left.exists()
    with locked(parts.data_dir / "backups" / "lock"), pytest.raises(BackupFailed, match="running"):
        await parts.backups.make("lin@yuanye.example")


async def test_a_full_disk_is_told_and_leaves_nothing(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: os.statvfs_result and type("U", (), {"free": 1_000_000}))
    with pytest.raises(BackupFailed, match="room"):
        await parts.make()
    assert (await parts.database.read(backing_up.plan_of)).failed.startswith("room: ")
    assert parts.backups.held() == []


@pytest.mark.parametrize("encrypted", [False, True])
async def test_stopping_ends_it_at_once_and_leaves_nothing(parts: Parts, encrypted: bool) -> None:
    if encrypted:
        key = str(pyrage.x25519.Identity.generate().to_public())
        await parts.backups.change("3", "7", key, "lin@yuanye.example")
    reached = threading.Event()
    plain = parts.backups._tell

    def tell(step: str, done: int, total: int) -> None:
        if step == "pack":
            reached.set()
            parts.backups.stop()
        plain(step, done, total)

    parts.backups._tell = tell  # type: ignore[method-assign]
    with pytest.raises(BackupFailed, match="stopped"):
        await parts.make()
    assert reached.is_set()
    assert [each.name for each in (parts.data_dir / "backups").iterdir()] == ["lock"]
    assert (await parts.database.read(backing_up.plan_of)).failed == ""


def _at(day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, 11, day, hour, minute).timestamp()  # noqa: DTZ001 - the local clock is meant


@pytest.mark.parametrize(
    ("last", "begin", "now", "due"),
    [
        (_at(20, 3), _at(1, 0), _at(21, 2, 59), False),
        (_at(20, 3), _at(1, 0), _at(21, 3, 1), True),
        (_at(20, 3), _at(1, 0), _at(21, 15), True),  # the machine slept at three
        (_at(21, 3, 1), _at(1, 0), _at(21, 15), False),
        (0, _at(21, 10), _at(21, 15), False),  # set up today
        (0, _at(21, 10), _at(22, 3), True),
        (0, 0, _at(22, 4), False),  # nothing to back up
    ],
)
def test_the_daily_one_is_due_once_its_hour_has_passed(last: float, begin: float, now: float, due: bool) -> None:
    plan = Plan(3, 7, (), int(last * 1000), "")
    assert is_due(plan, int(begin * 1000), now) is due
    assert not is_due(Plan(None, 7, (), int(last * 1000), ""), int(begin * 1000), now)


async def test_the_daily_one_is_made_by_the_process_itself_once(parts: Parts) -> None:
    first = await parts.backups.make_if_due()
    assert first is not None
    assert await parts.backups.make_if_due() is None
    parts.now += 86_400
    assert await parts.backups.make_if_due() is not None
    assert {each.who for each in await parts.database.read(audit.page, 0, 9)} == {audit.ITSELF}
    await parts.database.write(settings.set_, backing_up.HOUR, "")
    parts.now += 86_400
    assert await parts.backups.make_if_due() is None


@pytest.mark.parametrize(
    ("hour", "keep", "recipients", "field"),
    [("24", "7", "", "hour"), ("x", "7", "", "hour"), ("3", "0", "", "keep"), ("3", "366", "", "keep"),
     ("3", "x", "", "keep"), ("3", "7", "age1x", "recipients")],
)  # fmt: skip
async def test_a_plan_that_cannot_be_is_refused(
    parts: Parts, hour: str, keep: str, recipients: str, field: str
) -> None:
    with pytest.raises(PlanRefused) as refused:
        await parts.backups.change(hour, keep, recipients, "lin@yuanye.example")
    assert refused.value.field == field


async def test_a_backup_of_a_newer_release_is_refused(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await parts.make()
    monkeypatch.setattr(restoring.migrate, "scripts", lambda: [(1, Path("0001.sql"))])
    with pytest.raises(RestoreRefused, match="newer"):
        _restore(path, tmp_path / "there")


def test_a_file_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    copy, packed = tmp_path / "copy", BytesIO()
    copy.write_bytes(bytes(10_000_000))
    manifest = backup_file.Manifest("2026-11-21T03:00:00+00:00", "1", 5, {})
    backup_file.pack(copy, manifest, packed, [], lambda done, total: None)
    (tmp_path / "given").write_bytes(packed.getvalue())
    with pytest.raises(Damaged):
        backup_file.unpack(tmp_path / "given", tmp_path, "")


def test_a_header_that_unpacks_to_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    size, zstd = 64_000_000, backup_file._zstd()
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, size
    with zstd.open(tmp_path / "given", "wb") as given:
        given.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            given.write(bytes(1_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(Damaged):
            backup_file.unpack(tmp_path / "given", tmp_path, "")
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()

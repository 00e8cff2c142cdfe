"""Secrets at rest: sealed with a key file only its owner reads; nothing else opens them."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mailapp.seal import KEY_BYTES, Seal, SealBroken

SECRET = b"SG.not-a-real-key"


def test_what_was_sealed_opens_again_also_in_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "data" / "relay.key"
    sealed = Seal(path).seal(SECRET)
    assert SECRET not in sealed
    assert Seal(path).open(sealed) == SECRET
    assert Seal(path).seal(SECRET) != sealed


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "relay.key")
    seal.seal(SECRET)
    key = (tmp_path / "relay.key").read_bytes()
    seal.seal(SECRET)
    assert (tmp_path / "relay.key").read_bytes() == key
    assert len(key) == KEY_BYTES
    assert stat.S_IMODE((tmp_path / "relay.key").stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["relay.key"]


def test_two_that_seal_first_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "relay.key"
    with ThreadPoolExecutor(8) as threads:
        sealed = list(threads.map(lambda _: Seal(path).seal(SECRET), range(8)))
    assert [Seal(path).open(one) for one in sealed] == [SECRET] * 8


def test_without_its_key_file_nothing_opens_and_none_is_made(tmp_path: Path) -> None:
    sealed = Seal(tmp_path / "a").seal(SECRET)
    with pytest.raises(SealBroken):
        Seal(tmp_path / "missing").open(sealed)
    assert not (tmp_path / "missing").exists()
    Seal(tmp_path / "other").seal(b"x")
    with pytest.raises(SealBroken):
        Seal(tmp_path / "other").open(sealed)


@pytest.mark.parametrize("change", [b"", b"\x01", b"\x02" + bytes(40), bytes(60)])
def test_bytes_that_were_never_sealed_are_refused(tmp_path: Path, change: bytes) -> None:
    seal = Seal(tmp_path / "relay.key")
    seal.seal(SECRET)
    with pytest.raises(SealBroken):
        seal.open(change)


def test_every_changed_byte_is_noticed_and_no_error_tells_the_secret(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "relay.key")
    sealed = seal.seal(SECRET)
    for at in range(len(sealed)):
        with pytest.raises(SealBroken) as refused:
            seal.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
        assert "SG." not in str(refused.value)


def test_a_key_file_of_another_length_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "relay.key"
    path.write_bytes(b"short")
    with pytest.raises(SealBroken):
        Seal(path).seal(SECRET)
    assert path.read_bytes() == b"short"

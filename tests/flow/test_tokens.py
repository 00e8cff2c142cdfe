"""Who a token stands for, and when it stops."""

import hashlib

import pytest

from mailapp.events import Bus, SessionsRevoked
from mailapp.flow.allowances import WINDOW_S, Allowances
from mailapp.flow.tokens import PREFIX, TokenRefused, Tokens, checked, make, revoke_named
from mailapp.store import accounts, tokens
from mailapp.store.database import Database
from mailapp.store.tokens import NewToken
from tests.conftest import make_account

READING = NewToken(("read",))


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_token_stands_for_its_account_and_only_its_hash_is_kept(database: Database, bus: Bus) -> None:
    lin, held = await make_account(database), Tokens(database, bus)
    secret, token = await held.add(lin, NewToken(("read", "codes"), ("shop@yuanye.example",)))
    holder = await held.holder(secret)
    assert holder is not None
    assert (holder.account.id, holder.token) == (lin, token)
    assert (holder.may("read"), holder.may("send")) == (True, False)
    assert len(secret) == len(PREFIX) + 43  # 256 bits

    def everything(db: object) -> str:
        return str(db.execute("SELECT * FROM tokens").fetchall())  # type: ignore[attr-defined]

    kept = await database.read(everything)
    assert secret not in kept
    assert secret.removeprefix(PREFIX) not in kept
    assert await database.read(tokens.find, hashlib.sha256(secret.encode()).digest()) == token


@pytest.mark.parametrize("secret", ["", "x", PREFIX, "x" * 1_000_000, "\ud800", "\0"])
async def test_anything_else_stands_for_nobody(database: Database, bus: Bus, secret: str) -> None:
    assert await Tokens(database, bus).holder(secret) is None


async def test_a_revoked_token_stops_at_once_and_tells_what_is_open(database: Database, bus: Bus) -> None:
    lin, ann = await make_account(database), await make_account(database, "ann@yuanye.example")
    held = Tokens(database, bus)
    secret, token = await held.add(lin, READING)
    assert not await held.revoke(ann, token.id)
    assert await held.holder(secret) is not None
    with bus.subscribe(lin) as heard:
        assert await held.revoke(lin, token.id)
        assert isinstance(heard.queue.get_nowait(), SessionsRevoked)
    assert await held.holder(secret) is None
    assert not await held.revoke(lin, token.id)


async def test_all_tokens_of_an_account_are_revoked_together(database: Database, bus: Bus) -> None:
    lin, ann = await make_account(database), await make_account(database, "ann@yuanye.example")
    held = Tokens(database, bus)
    secrets = [(await held.add(each, READING))[0] for each in (lin, lin, ann)]
    await held.revoke_all(lin)
    assert [await held.holder(each) is not None for each in secrets] == [False, False, True]


async def test_a_token_ends_when_it_expires(database: Database, bus: Bus) -> None:
    clock = Clock()
    lin, held = await make_account(database), Tokens(database, bus, clock)
    secret, _ = await held.add(lin, NewToken(("read",), expires_at=int(clock.now * 1000) + 1_000))
    assert await held.holder(secret) is not None
    clock.now += 1
    assert await held.holder(secret) is None


async def test_a_disabled_account_has_no_working_tokens(database: Database, bus: Bus) -> None:
    lin, held = await make_account(database), Tokens(database, bus)
    secret, _ = await held.add(lin, READING)
    assert await held.holder(secret) is not None
    await database.write(accounts.set_state, lin, accounts.DISABLED)
    held.forget()  # what the server does when another process wrote
    assert await held.holder(secret) is None


async def test_use_is_written_once_a_minute(database: Database, bus: Bus) -> None:
    clock = Clock()
    lin, held = await make_account(database), Tokens(database, bus, clock)
    secret, token = await held.add(lin, READING)
    seen = []
    for seconds in (0, 59, 1):
        clock.now += seconds
        holder = await held.holder(secret)
        assert holder is not None
        await held.note_use(holder)
        seen.append((await database.read(tokens.get, token.id)).used_at)
    assert seen == [1_790_000_000_000, 1_790_000_000_000, 1_790_000_060_000]


async def test_a_token_is_revoked_by_number_or_by_itself(database: Database) -> None:
    lin = await make_account(database)
    _, first = await database.write(make, lin, READING, 1, "a")
    secret, second = await database.write(make, lin, READING, 1, "b")
    assert await database.write(revoke_named, "0") is None
    assert await database.write(revoke_named, str(first.id)) == first
    assert await database.write(revoke_named, secret) == second
    assert await database.write(revoke_named, secret) is None


def test_what_is_wanted_of_a_token_is_put_right() -> None:
    new = checked(["codes", "read", "read"], ["Shop@Yuanye.Example", "shop@yuanye.example"], "  a\n b ", "7", 1_000)
    assert new == NewToken(("read", "codes"), ("shop@yuanye.example",), "a b", 1_000 + 7 * 86_400_000)
    assert checked(["send"], [], "", "", 0).expires_at is None


@pytest.mark.parametrize(
    ("scopes", "addresses", "days", "field"),
    [
        ([], [], "", "scopes"),
        (["read", "admin"], [], "", "scopes"),
        (["read"], ["nonsense"], "", "addresses"),
        (["read"], [f"a{n}@x.example" for n in range(51)], "", "addresses"),
        (["read"], [], "0", "expires"),
        (["read"], [], "-1", "expires"),
        (["read"], [], "9999999", "expires"),
        (["read"], [], "１", "expires"),
    ],
)
def test_what_cannot_be_is_refused(scopes: list[str], addresses: list[str], days: str, field: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        checked(scopes, addresses, "", days, 0)
    assert refused.value.field == field


def test_a_minute_holds_so_many_requests_and_says_when_it_is_over() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    first, second, third = (allowances.spend(1, 2) for _ in range(3))
    assert [(each.left, each.refused) for each in (first, second, third)] == [(1, False), (0, False), (0, True)]
    assert third.reset_s == WINDOW_S
    assert not allowances.spend(2, 2).refused
    clock.now += WINDOW_S - 1
    assert allowances.spend(1, 2).reset_s == 1
    clock.now += 1
    assert not allowances.spend(1, 2).refused

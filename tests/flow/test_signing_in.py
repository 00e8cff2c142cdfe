"""Signing in, sessions that can be ended, and the one-time link for the first account."""

import time

import pytest

from mailapp.events import Bus, SessionsRevoked
from mailapp.flow import passwords
from mailapp.flow.login_limits import FREE_PER_ADDRESS, FREE_PER_CLIENT, LONGEST_DELAY_S, LoginLimits
from mailapp.flow.signing_in import FirstAccount, LoginRefused, SetupRefused, SigningIn
from mailapp.store import accounts, domains, sessions
from mailapp.store.database import Database
from tests.conftest import PASSWORD, make_account


@pytest.fixture
def signing_in(database: Database, bus: Bus) -> SigningIn:
    return SigningIn(database, bus)


async def test_the_right_password_begins_a_session(database: Database, signing_in: SigningIn) -> None:
    lin = await make_account(database)
    token, account = await signing_in.log_in(" Lin@Yuanye.Example ", PASSWORD, "192.0.2.1", "test")
    assert account.id == lin
    signed_in = await signing_in.account_of(token)
    assert signed_in is not None
    assert signed_in.account.id == lin


async def test_the_token_is_hashed_at_rest(database: Database, signing_in: SigningIn) -> None:
    await make_account(database)
    token, _ = await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.1", "test")
    assert token.encode() not in database.path.read_bytes()
    wal = database.path.with_name("emails.db-wal")
    assert not wal.exists() or token.encode() not in wal.read_bytes()


@pytest.mark.parametrize(
    ("address", "password"), [("lin@yuanye.example", "wrong"), ("nobody@yuanye.example", PASSWORD)]
)
async def test_wrong_address_and_wrong_password_are_told_alike(
    database: Database, signing_in: SigningIn, address: str, password: str
) -> None:
    await make_account(database)
    with pytest.raises(LoginRefused) as refused:
        await signing_in.log_in(address, password, "192.0.2.1", "test")
    assert refused.value.retry_after == 0


async def test_a_disabled_account_cannot_log_in(database: Database, signing_in: SigningIn) -> None:
    lin = await make_account(database)
    await database.write(accounts.set_state, lin, accounts.DISABLED)
    with pytest.raises(LoginRefused):
        await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.1", "test")


async def test_logging_out_ends_the_session_and_tells_its_stream(
    database: Database, bus: Bus, signing_in: SigningIn
) -> None:
    lin = await make_account(database)
    token, _ = await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.1", "test")
    with bus.subscribe(lin) as subscription:
        await signing_in.log_out(token)
        assert isinstance(subscription.queue.get_nowait(), SessionsRevoked)
    assert await signing_in.account_of(token) is None


async def test_a_new_password_ends_every_other_session(database: Database, signing_in: SigningIn) -> None:
    lin = await make_account(database)
    here, _ = await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.1", "test")
    there, _ = await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.2", "test")
    kept = await signing_in.account_of(here)
    assert kept is not None
    await signing_in.change_password(lin, PASSWORD, "another long sentence", kept.token_hash)
    assert await signing_in.account_of(here) is not None
    assert await signing_in.account_of(there) is None


async def test_sessions_expire(database: Database, signing_in: SigningIn) -> None:
    await make_account(database)
    token, _ = await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.1", "test")
    await database.write(lambda db: db.execute("UPDATE sessions SET expires_at = 1").fetchall())
    signing_in.forget()
    assert await signing_in.account_of(token) is None


async def test_a_session_revoked_from_outside_is_noticed(database: Database, signing_in: SigningIn) -> None:
    lin = await make_account(database)
    token, _ = await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.1", "test")
    await database.write(sessions.remove_all, lin)
    signing_in.forget()
    assert await signing_in.account_of(token) is None


async def test_guessing_is_slowed_but_the_owner_elsewhere_gets_in(database: Database, signing_in: SigningIn) -> None:
    await make_account(database)
    await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.9", "home")
    for number in range(FREE_PER_ADDRESS + 5):
        with pytest.raises(LoginRefused):
            await signing_in.log_in("lin@yuanye.example", "guess", f"198.51.100.{number}", "attacker")
    with pytest.raises(LoginRefused) as refused:
        await signing_in.log_in("lin@yuanye.example", "guess", "198.51.100.200", "attacker")
    assert 0 < refused.value.retry_after <= LONGEST_DELAY_S
    await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.9", "home")


def test_limits_delay_and_are_forgotten() -> None:
    now = 0.0
    limits = LoginLimits(lambda: now)
    for _ in range(FREE_PER_CLIENT):
        assert limits.wait_s("client", "a", known=False) == 0
        limits.failed("client", "a")
    assert limits.wait_s("client", "a", known=False) == 1
    assert limits.wait_s("other", "b", known=False) == 0
    for _ in range(20):
        limits.failed("client", "a")
    assert limits.wait_s("client", "a", known=True) == LONGEST_DELAY_S
    now += LONGEST_DELAY_S
    assert limits.wait_s("client", "a", known=False) == 0
    now += 10_000
    limits.failed("client", "a")
    assert limits.wait_s("client", "a", known=False) == 0


async def test_the_setup_link_makes_the_first_account_an_admin_with_a_catch_all(
    database: Database, signing_in: SigningIn
) -> None:
    token = await signing_in.offer_setup()
    assert token is not None
    assert await signing_in.setup_open(token)
    assert not await signing_in.setup_open("guess")
    account = await signing_in.set_up(token, FirstAccount("lin@yuanye.example", "林越", PASSWORD, catch_all=True))
    assert account.is_admin
    domain = await database.read(domains.by_name, "yuanye.example")
    assert domain is not None
    assert domain.catch_all_account_id == account.id
    assert not await signing_in.setup_open(token)
    with pytest.raises(SetupRefused):
        await signing_in.set_up(token, FirstAccount("eve@yuanye.example", "Eve", PASSWORD, catch_all=True))
    assert await signing_in.offer_setup() is None


async def test_the_setup_link_dies_with_an_account_made_on_the_command_line(
    database: Database, signing_in: SigningIn
) -> None:
    token = await signing_in.offer_setup()
    assert token is not None
    await make_account(database)
    assert not await signing_in.setup_open(token)
    with pytest.raises(SetupRefused):
        await signing_in.set_up(token, FirstAccount("eve@yuanye.example", "Eve", PASSWORD, catch_all=True))


async def test_a_short_password_is_refused_and_the_link_still_works(database: Database, signing_in: SigningIn) -> None:
    token = await signing_in.offer_setup()
    assert token is not None
    with pytest.raises(passwords.PasswordTooShort):
        await signing_in.set_up(token, FirstAccount("lin@yuanye.example", "林越", "short", catch_all=True))
    assert await signing_in.setup_open(token)


def test_passwords_longer_than_bcrypt_reads_differ_at_their_end() -> None:
    hashed = passwords.hash_("x" * 100 + "a")
    assert passwords.verify("x" * 100 + "a", hashed)
    assert not passwords.verify("x" * 100 + "b", hashed)


def test_an_unknown_account_costs_a_real_hash() -> None:
    began = time.perf_counter()
    assert not passwords.verify("anything", passwords.NOBODY)
    # cost 12 against the tests' cost 4: a hash that is refused unread would take no time at all
    assert time.perf_counter() - began > 0.02

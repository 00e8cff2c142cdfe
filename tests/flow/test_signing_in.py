"""Signing in, sessions that can be ended, and the one-time link for the first account."""

import time

import pytest
from werkzeug.security import generate_password_hash

from mailapp.events import Bus, SessionsRevoked
from mailapp.flow import passwords
from mailapp.flow.login_limits import FREE, LONGEST_DELAY_S, WAITING_PER_CLIENT, LoginLimits
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
    for number in range(FREE["address"]):
        with pytest.raises(LoginRefused):
            await signing_in.log_in("lin@yuanye.example", "guess", f"198.51.100.{number}", "attacker")
    with pytest.raises(LoginRefused) as refused:
        await signing_in.log_in("lin@yuanye.example", "guess", "198.51.100.200", "attacker")
    assert 0 < refused.value.retry_after <= LONGEST_DELAY_S
    await signing_in.log_in("lin@yuanye.example", PASSWORD, "192.0.2.9", "home")


def _fail(limits: LoginLimits, client: str, address: str, *, known: bool = False) -> int:
    wait = limits.begin(client, address, known=known)
    if not wait:
        limits.end(client, address, succeeded=False)
    return wait


def test_limits_delay_and_are_forgotten() -> None:
    now = 0.0
    limits = LoginLimits(lambda: now)
    assert [_fail(limits, "client", "a") for _ in range(FREE["client"])] == [0] * FREE["client"]
    assert _fail(limits, "client", "a") == 1
    assert _fail(limits, "other", "b") == 0
    for _ in range(20):
        now += LONGEST_DELAY_S
        assert _fail(limits, "client", "a", known=True) == 0
    assert _fail(limits, "client", "a", known=True) == LONGEST_DELAY_S
    now += 10_000
    assert _fail(limits, "client", "a") == 0


def test_logging_in_as_oneself_buys_no_guesses_at_others() -> None:
    limits = LoginLimits(lambda: 0.0)
    waits = []
    for _ in range(10):
        waits += [_fail(limits, "office", "ann", known=True) for _ in range(2)]
        if not limits.begin("office", "bob", known=True):
            limits.end("office", "bob", succeeded=True)
    assert waits.count(0) == FREE["client"]


def test_a_burst_of_one_client_waits_its_turn() -> None:
    limits = LoginLimits(lambda: 0.0)
    assert [limits.begin("client", "a", known=False) for _ in range(4)] == [0] * WAITING_PER_CLIENT + [1, 1]
    assert limits.begin("owner", "a", known=True) == 0


async def test_the_old_password_cannot_be_guessed_on_the_settings_page(
    database: Database, signing_in: SigningIn
) -> None:
    lin = await make_account(database)
    for _ in range(FREE["pair"]):
        with pytest.raises(LoginRefused):
            await signing_in.change_password(lin, "guess", "another long sentence", None)
    with pytest.raises(LoginRefused) as refused:
        await signing_in.change_password(lin, "guess", "another long sentence", None)
    assert refused.value.retry_after > 0


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


@pytest.mark.parametrize("method", ["scrypt", "scrypt:16384:8:1", "pbkdf2:sha256:1000", "pbkdf2:sha1:50000"])
async def test_a_password_of_the_original_project_is_verified_once_and_then_ours(
    database: Database, signing_in: SigningIn, method: str
) -> None:
    lin = await make_account(database)
    await database.write(accounts.set_password, lin, generate_password_hash("short", method=method))
    with pytest.raises(LoginRefused):
        await signing_in.log_in("lin@yuanye.example", "wrong", "192.0.2.1", "test")
    held = await database.read(accounts.get, lin)
    assert held is not None
    assert passwords.is_foreign(held.password_hash)
    for _ in range(2):
        await signing_in.log_in("lin@yuanye.example", "short", "192.0.2.1", "test")
        held = await database.read(accounts.get, lin)
        assert held is not None
        assert held.password_hash.startswith("$2b$")


@pytest.mark.parametrize(
    "hashed",
    [
        "scrypt:1048576:8:1$salt$" + "0" * 128,  # a gigabyte of memory
        "scrypt:32768:8:64$salt$" + "0" * 128,
        "pbkdf2:sha256:99999999$salt$" + "0" * 64,  # minutes
        "pbkdf2:md5:1000$salt$" + "0" * 32,
        "plain$salt$password",
        "",
    ],
)
def test_a_hash_that_is_none_or_costs_too_much_verifies_nothing(hashed: str) -> None:
    assert not passwords.is_foreign(hashed)
    assert not passwords.verify("password", hashed)

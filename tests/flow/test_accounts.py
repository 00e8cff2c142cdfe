"""Accounts as the administration changes them: links, last admin, erasing."""

import asyncio
from collections.abc import Callable

import pytest

from mailapp.events import Bus, Changed, SessionsRevoked
from mailapp.flow import passwords
from mailapp.flow.accounts import LINK_MS, Accounts, LinkRefused, NoAccount
from mailapp.flow.delivery import Delivery
from mailapp.flow.erasing import AT_ONCE, Erasing
from mailapp.flow.passwords import PasswordTooShort
from mailapp.flow.signing_in import LoginRefused, SigningIn
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import PermanentFailure
from mailapp.store import account_erasures, accounts, addresses, domains
from mailapp.store.accounts import ADMIN, MEMBER, AccountExists, LastAdmin
from mailapp.store.database import Database
from tests.conftest import DOMAIN, PASSWORD, make_account

LIN, ANN = f"lin@{DOMAIN}", f"ann@{DOMAIN}"
NEW = "another sentence to remember"


class Parts:
    def __init__(self, database: Database, bus: Bus) -> None:
        self.now = 1_800_000_000.0
        self.database = database
        self.delivery = Delivery(database, bus, "mail.yuanye.example")
        self.signing_in = SigningIn(database, bus)
        self.erasing = Erasing(database, bus)
        forget: tuple[Callable[[], None], ...] = (self.delivery.forget_routes, self.signing_in.forget)
        self.accounts = Accounts(database, bus, self.erasing, forget, lambda: self.now)

    async def deliver(self, to: str, count: int = 1) -> None:
        for _ in range(count):
            envelope = Envelope("zhou@sanlian.example", (to,), "203.0.113.9", "mx.sanlian.example")
            await self.delivery.deliver(envelope, MemoryContent(b"Subject: Hello\r\n\r\nA letter.\r\n"))

    async def log_in(self, address: str, password: str = PASSWORD) -> str:
        return (await self.signing_in.log_in(address, password, "198.51.100.7", "Firefox"))[0]


@pytest.fixture
def parts(database: Database, bus: Bus) -> Parts:
    return Parts(database, bus)


async def test_an_account_with_a_password_receives_and_logs_in_at_once(database: Database, parts: Parts) -> None:
    await make_account(database, LIN, admin=True)
    with pytest.raises(PermanentFailure):
        await parts.delivery.check_recipient(ANN)
    account_id, token = await parts.accounts.add(ANN, "Ann", MEMBER, NEW)
    assert token == ""
    await parts.delivery.check_recipient(ANN)
    assert await parts.log_in(ANN, NEW)
    with pytest.raises(AccountExists):
        await parts.accounts.add(ANN, "", MEMBER, NEW)
    with pytest.raises(PasswordTooShort):
        await parts.accounts.add(f"bo@{DOMAIN}", "", MEMBER, "short")
    assert (await database.read(accounts.get, account_id)) is not None


async def test_an_invited_person_chooses_the_password_once(database: Database, parts: Parts) -> None:
    _, token = await parts.accounts.add(ANN, "", MEMBER, None)
    invited = await parts.accounts.invited(token)
    assert invited is not None
    assert invited.address == ANN
    with pytest.raises(PasswordTooShort):
        await parts.accounts.choose_password(token, "Ann", "short")
    await parts.accounts.choose_password(token, "Ann", NEW)
    assert await parts.log_in(ANN, NEW)
    assert await parts.accounts.invited(token) is None
    with pytest.raises(LinkRefused):
        await parts.accounts.choose_password(token, "", "a password of somebody else")
    assert await parts.log_in(ANN, NEW)


async def test_a_link_ends_after_seven_days_and_with_a_newer_one(parts: Parts) -> None:
    account_id, token = await parts.accounts.add(ANN, "", MEMBER, None)
    begin = parts.now
    parts.now = begin + LINK_MS / 1000 - 1
    assert await parts.accounts.invited(token) is not None
    parts.now = begin + LINK_MS / 1000
    assert await parts.accounts.invited(token) is None
    parts.now = begin
    newer = await parts.accounts.reset_password(account_id, None) if await _other_admin(parts) else ""
    assert await parts.accounts.invited(token) is None
    assert await parts.accounts.invited(newer) is not None


async def _other_admin(parts: Parts) -> int:
    return (await parts.accounts.add(f"root@{DOMAIN}", "", ADMIN, NEW))[0]


async def test_nobody_logs_in_with_a_link_nobody_used_nor_to_a_disabled_account(parts: Parts) -> None:
    await _other_admin(parts)
    account_id, token = await parts.accounts.add(ANN, "", MEMBER, None)
    with pytest.raises(LoginRefused):
        await parts.log_in(ANN, "")
    await parts.accounts.set_active(account_id, False)
    assert await parts.accounts.invited(token) is None
    await parts.accounts.set_active(account_id, True)
    assert await parts.accounts.invited(token) is not None


@pytest.mark.parametrize("typed", [NEW, None])
async def test_a_reset_ends_the_password_before_its_sessions_and_older_links(
    database: Database, bus: Bus, parts: Parts, typed: str | None
) -> None:
    await _other_admin(parts)
    ann = await make_account(database, ANN)
    older = await parts.accounts.reset_password(ann, None)
    await parts.accounts.choose_password(older, "", PASSWORD)
    session = await parts.log_in(ANN)
    assert await parts.signing_in.account_of(session) is not None
    with bus.subscribe(ann) as heard:
        token = await parts.accounts.reset_password(ann, typed)
        assert await asyncio.wait_for(heard.get(), 5) == SessionsRevoked(ann)
    assert await parts.signing_in.account_of(session) is None
    with pytest.raises(LoginRefused):
        await parts.log_in(ANN)
    if typed:
        assert await parts.log_in(ANN, typed)
    else:
        await parts.accounts.choose_password(token, "", NEW)
        assert await parts.log_in(ANN, NEW)


async def test_a_typed_password_ends_a_link_that_is_out(parts: Parts) -> None:
    account_id, token = await parts.accounts.add(ANN, "", MEMBER, None)
    await parts.accounts.reset_password(account_id, NEW)
    assert await parts.accounts.invited(token) is None


async def test_the_last_admin_stays(database: Database, parts: Parts) -> None:
    lin = await make_account(database, LIN, admin=True)
    ann, _ = await parts.accounts.add(ANN, "", ADMIN, None)  # invited: cannot log in yet
    for change in (
        parts.accounts.set_active(lin, False),
        parts.accounts.set_role(lin, MEMBER),
        parts.accounts.erase(lin),
        parts.accounts.reset_password(lin, None),
    ):
        with pytest.raises(LastAdmin):
            await change
    await parts.accounts.reset_password(ann, NEW)
    await parts.accounts.set_role(lin, MEMBER)
    with pytest.raises(LastAdmin):
        await parts.accounts.set_active(ann, False)


async def test_a_role_counts_for_sessions_that_stand(database: Database, parts: Parts) -> None:
    ann = await make_account(database, ANN)
    await _other_admin(parts)
    session = await parts.log_in(ANN)
    for role in (ADMIN, MEMBER):
        await parts.accounts.set_role(ann, role)
        signed_in = await parts.signing_in.account_of(session)
        assert signed_in is not None
        assert signed_in.account.role == role


async def test_ended_sessions_are_over_but_for_the_one_that_is_kept(database: Database, parts: Parts) -> None:
    ann = await make_account(database, ANN)
    one, other = await parts.log_in(ANN), await parts.log_in(ANN)
    kept = await parts.signing_in.account_of(one)
    assert kept is not None
    await parts.accounts.end_sessions(ann, kept.token_hash)
    assert await parts.signing_in.account_of(one) is not None
    assert await parts.signing_in.account_of(other) is None


async def test_an_erased_account_receives_nothing_more_and_goes_with_all_its_mail(
    database: Database, bus: Bus, parts: Parts
) -> None:
    lin = await make_account(database, LIN, admin=True)
    ann = await make_account(database, ANN, catch_all=True)
    domain = await database.read(domains.by_name, DOMAIN)
    assert domain is not None
    await database.write(addresses.add, f"team@{DOMAIN}", domain.id, [lin, ann], 0)
    await database.write(addresses.add, f"only@{DOMAIN}", domain.id, [ann], 0)
    await parts.deliver(ANN, AT_ONCE * 2 + 1)
    await parts.deliver(f"team@{DOMAIN}")
    await parts.accounts.erase(ann)
    for gone in (ANN, f"only@{DOMAIN}", f"whatever@{DOMAIN}"):
        with pytest.raises(PermanentFailure):
            await parts.delivery.check_recipient(gone)
    await parts.deliver(f"team@{DOMAIN}")
    for change in (parts.accounts.set_active(ann, True), parts.accounts.reset_password(ann, NEW)):
        with pytest.raises(NoAccount):
            await change
    with pytest.raises(AccountExists):
        await parts.accounts.add(ANN, "", MEMBER, NEW)
    with bus.subscribe(ann) as heard:
        await parts.erasing.erase_all()
        assert isinstance(await asyncio.wait_for(heard.get(), 5), Changed)
    assert await database.read(accounts.get, ann) is None
    assert await _count(database, "messages WHERE account_id = " + str(ann)) == 0
    assert await _count(database, "messages WHERE account_id = " + str(lin)) == 2
    assert await database.read(account_erasures.first) is None
    await parts.accounts.add(ANN, "", MEMBER, NEW)


async def test_an_erasure_goes_on_after_a_restart_and_mail_comes_in_meanwhile(
    database: Database, bus: Bus, parts: Parts
) -> None:
    await make_account(database, LIN, admin=True)
    ann = await make_account(database, ANN)
    await parts.deliver(ANN, AT_ONCE * 3)
    await parts.accounts.erase(ann)  # nobody runs it: the process ends here
    task = asyncio.create_task(Erasing(database, bus).run())
    await parts.deliver(LIN, 5)
    with bus.subscribe(ann) as heard:
        if await database.read(accounts.get, ann) is not None:
            await asyncio.wait_for(heard.get(), 20)
    task.cancel()
    assert await database.read(accounts.get, ann) is None
    assert await _count(database, "messages") == 5


async def _count(database: Database, what: str) -> int:
    return int(await database.read(lambda db: db.execute(f"SELECT count(*) FROM {what}").fetchone()[0]))


def test_what_nobody_knows_is_no_password() -> None:
    assert not passwords.verify("", passwords.hash_("x" * 43))

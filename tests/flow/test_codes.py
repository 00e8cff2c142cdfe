"""Codes on their way: found at delivery, by what an account taught; used, corrected, filed by themselves."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from mailapp.events import Bus, Changed
from mailapp.flow import code_finding
from mailapp.flow.code_filing import LATEST_MS, OLD_MS, USED_MS, CodeFiling
from mailapp.flow.code_using import CodeUsing
from mailapp.flow.delivery import Delivery
from mailapp.flow.filing import Act, Filing
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.store import accounts, changes, codes, mailboxes, messages
from mailapp.store.codes import StoredCode
from mailapp.store.database import Database
from tests.conftest import DOMAIN, make_account

LIN, ANN = f"lin@{DOMAIN}", f"ann@{DOMAIN}"


@dataclass
class Post:
    """Deliveries for two accounts, and what a reader does with their codes."""

    database: Database
    bus: Bus
    delivery: Delivery
    using: CodeUsing
    lin: int
    ann: int

    async def deliver(
        self, text: str, *to: str, subject: str = "Sign in", sender: str = "noreply@shop.example", html: str = ""
    ) -> int:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = f"Shop <{sender}>", LIN, subject
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        content = MemoryContent(message.as_bytes().replace(b"\n", b"\r\n"))
        return int(
            await self.delivery.deliver(Envelope(sender, to or (LIN,), "203.0.113.9", "mx.example"), content), 16
        )

    async def newest(self, account_id: int) -> list[StoredCode]:
        return await self.database.read(codes.newest, account_id, None, 50)

    async def role(self, message_id: int) -> str:
        def read(db):  # type: ignore[no-untyped-def]
            row = messages.row(db, self.lin, message_id)
            return row and mailboxes.role_of(db, self.lin, row.mailbox_id)

        return str(await self.database.read(read))


@pytest.fixture
async def post(database: Database, bus: Bus) -> AsyncIterator[Post]:
    lin, ann = await make_account(database, LIN), await make_account(database, ANN, name="Ann")
    delivery = Delivery(database, bus, "mail.yuanye.example")
    yield Post(database, bus, delivery, CodeUsing(database, bus, delivery.finding), lin, ann)
    delivery.close()


async def test_a_code_is_there_when_the_delivery_is_told_and_each_receiver_has_it(post: Post) -> None:
    with post.bus.subscribe(post.lin) as told:
        message_id = await post.deliver("Your verification code is 482913. It expires in 10 minutes.", LIN, ANN)
        event = await asyncio.wait_for(told.get(), 5)
        (found,) = await post.newest(post.lin)
    assert isinstance(event, Changed)
    assert event.message_ids == (found.message_id,) == (message_id,)
    assert (found.value, found.valid_until) == ("482913", found.received_ms + 600_000)
    assert [each.value for each in await post.newest(post.ann)] == ["482913"]


async def test_mail_without_a_code_leaves_no_row(post: Post) -> None:
    await post.deliver("Lunch on Tuesday at 12:30? The bill was 48.20 last time.", subject="Lunch")
    assert await post.newest(post.lin) == []


async def test_mail_arrives_also_where_looking_for_a_code_fails(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(code_finding, "find_codes", fail)
    message_id = await post.deliver("Your verification code is 482913.")
    assert await post.role(message_id) == "inbox"
    assert await post.newest(post.lin) == []


async def test_using_a_code_is_told_to_every_window_once(post: Post) -> None:
    message_id = await post.deliver("Your verification code is 482913.")
    with post.bus.subscribe(post.lin) as told:
        assert await post.using.use(post.lin, message_id, used=True)
        assert not await post.using.use(post.lin, message_id, used=True)
        assert not await post.using.use(post.ann, message_id, used=False)
        assert await post.using.use(post.lin, message_id, used=False)
        assert told.queue.qsize() == 2
    (found,) = await post.newest(post.lin)
    assert found.used_at is None


async def test_a_correction_is_remembered_for_the_sender_by_this_account_alone(post: Post) -> None:
    text = "Verification code for station {device}: enter {code} in the app."
    first = await post.deliver(text.format(device=771204, code=482913), LIN, ANN)
    (found,) = await post.newest(post.lin)
    other = next(each.value for each in found.alternatives) if found.value == "771204" else "771204"
    right = "482913" if found.value == "771204" else other
    await post.using.correct(post.lin, first, right)
    (corrected,) = await post.newest(post.lin)
    assert (corrected.value, corrected.confidence) == (right, 1.0)
    assert found.value in {each.value for each in corrected.alternatives}
    await post.deliver(text.format(device=118820, code=905512), LIN, ANN)
    expected = "905512" if right == "482913" else "118820"
    assert (await post.newest(post.lin))[0].value == expected
    assert (await post.newest(post.ann))[0].value != expected


async def test_a_correction_teaches_also_what_stands_in_the_html_alone(post: Post) -> None:
    first = await post.deliver("View this in your browser.", html="<p>Your verification code is 482913.</p>")
    assert [each.value for each in await post.newest(post.lin)] == ["482913"]
    await post.using.correct(post.lin, first, "")
    await post.deliver("View this in your browser.", html="<p>Your verification code is 771204.</p>")
    assert await post.newest(post.lin) == []


async def test_what_is_said_to_be_no_code_is_none_in_the_next_mail_of_the_sender_either(post: Post) -> None:
    first = await post.deliver("Your verification code is 482913.")
    await post.using.correct(post.lin, first, "")
    assert await post.newest(post.lin) == []
    await post.deliver("Your verification code is 771204.")
    assert await post.newest(post.lin) == []
    await post.deliver("Your verification code is 771204.", sender="other@bank.example")
    assert [each.value for each in await post.newest(post.lin)] == ["771204"]


async def test_saying_that_there_is_no_code_can_be_taken_back_and_is_forgotten_for_the_sender(post: Post) -> None:
    message_id = await post.deliver("Your verification code is 482913.")
    await post.using.correct(post.lin, message_id, "")
    with pytest.raises(LookupError):
        await post.using.take_back(post.ann, message_id)
    await post.using.take_back(post.lin, message_id)
    assert [each.value for each in await post.newest(post.lin)] == ["482913"]
    await post.deliver("Your verification code is 771204.")
    assert [each.value for each in await post.newest(post.lin)] == ["771204", "482913"]
    with pytest.raises(LookupError):
        await post.using.take_back(post.lin, message_id)


async def test_what_was_not_offered_cannot_be_chosen_nor_anothers_code_corrected(post: Post) -> None:
    message_id = await post.deliver("Your verification code is 482913.")
    with pytest.raises(LookupError):
        await post.using.correct(post.lin, message_id, "111111")
    with pytest.raises(LookupError):
        await post.using.correct(post.ann, message_id, "")
    assert [each.value for each in await post.newest(post.lin)] == ["482913"]


async def test_codes_file_themselves_an_hour_later_or_a_minute_after_use_where_that_is_wanted(post: Post) -> None:
    used = await post.deliver("Your verification code is 482913.")
    fresh = await post.deliver("Your verification code is 482914.")
    starred = await post.deliver("Your verification code is 482915.")
    plain = await post.deliver("See you at noon.", subject="Noon")
    await post.using.use(post.lin, used, used=True)
    await Filing(post.database, post.bus).set_flagged(post.lin, [starred], True)
    now_ms = (plain >> 12) + USED_MS + 5_000
    filing = CodeFiling(post.database, post.bus, lambda: now_ms / 1000)
    assert await filing.file() == 0  # nobody asked for it
    await post.database.write(accounts.set_file_codes, post.lin, True)
    with post.bus.subscribe(post.lin) as told:
        assert await filing.file() == 1
        assert isinstance(await asyncio.wait_for(told.get(), 5), Changed)
    assert [await post.role(each) for each in (used, fresh)] == ["archive", "inbox"]
    now_ms = (plain >> 12) + OLD_MS + 1_000
    assert await filing.file() == 1
    assert [await post.role(each) for each in (fresh, starred, plain)] == ["archive", "inbox", "inbox"]
    found = await post.database.read(changes.since, post.lin, 0, 50)
    assert [each.message_id for each in found or () if each.kind == changes.MOVED] == [used, fresh]


async def test_what_was_brought_back_from_the_archive_stays_and_so_does_what_is_long_there(post: Post) -> None:
    message_id = await post.deliver("Your verification code is 482913.")
    await post.database.write(accounts.set_file_codes, post.lin, True)
    late_ms = (message_id >> 12) + LATEST_MS + 1_000
    assert await CodeFiling(post.database, post.bus, lambda: late_ms / 1000).file() == 0
    now_ms = (message_id >> 12) + OLD_MS + 1_000
    filing = CodeFiling(post.database, post.bus, lambda: now_ms / 1000)
    assert await filing.file() == 1
    inbox = await post.database.read(mailboxes.by_role, post.lin, "inbox")
    await Filing(post.database, post.bus).act(post.lin, Act("move", inbox), [message_id])
    assert await filing.file() == 0
    assert await post.role(message_id) == "inbox"
    (found,) = await post.newest(post.lin)
    assert found.filed_at == now_ms


async def test_one_that_was_brought_back_stays_also_where_it_is_corrected(post: Post) -> None:
    message_id = await post.deliver("Verification code for station 771204: enter 482913 in the app.")
    await post.database.write(accounts.set_file_codes, post.lin, True)
    now_ms = (message_id >> 12) + OLD_MS + 1_000
    filing = CodeFiling(post.database, post.bus, lambda: now_ms / 1000)
    assert await filing.file() == 1
    inbox = await post.database.read(mailboxes.by_role, post.lin, "inbox")
    await Filing(post.database, post.bus).act(post.lin, Act("move", inbox), [message_id])
    (found,) = await post.newest(post.lin)
    await post.using.correct(post.lin, message_id, found.alternatives[0].value)
    assert await filing.file() == 0
    assert await post.role(message_id) == "inbox"

"""Retries, giving up, warnings and delivery status notifications."""

import email
import email.policy
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mailapp import maillog
from mailapp.mail.backoff import GIVE_UP_S, WARN_S
from mailapp.store import queue
from tests.flow.posting import HOUR, Post, posting
from tests.relays import fake_relay


async def test_attempts_follow_the_steps_of_the_backoff(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "450 4.2.1 Full", times=6)
        item_id = await post.submit()
        for attempt, minutes in enumerate((1, 5, 15, 30, 60, 60), 1):
            recipient = await post.recipient(item_id, "deferred", attempts=attempt)
            wait = recipient.next_ms / 1000 - post.clock.now
            assert minutes * 54 - 1 <= wait <= minutes * 66
            post.turn(wait + 0.001)
        assert (await post.recipient(item_id, "sent")).attempts == 7


async def test_a_failure_brings_a_notification_that_says_who_and_why(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "550 5.1.1 Nobody here", address="c@bei.example")
        item_id = await post.submit("a@bei.example", "c@bei.example")
        item = await post.until(item_id, lambda item: item.state == "done")
        assert (item.noticed, await post.database.read(queue.unnoticed, post.account_id)) == (False, 1)
        assert item.report_id
        (stored,) = await post.inbox()
        assert stored.trace.startswith(b"Return-Path: <>")
        message: Any = email.message_from_bytes(stored.source, policy=email.policy.default)
        assert message.get_content_type() == "multipart/report"
        assert message["To"] == "lin@yuanye.example"
        assert message["Auto-Submitted"] == "auto-replied"
        assert message["In-Reply-To"] == "<1@yuanye.example>"
        words, status, header = message.iter_parts()
        assert "c@bei.example" in words.get_content()
        assert "550 5.1.1 Nobody here" in words.get_content()
        assert "a@bei.example" not in words.get_content()
        of_message, of_recipient = status.get_payload()
        assert of_message["Reporting-MTA"] == "dns; mail.yuanye.example"
        assert (of_recipient["Action"], of_recipient["Status"]) == ("failed", "5.1.1")
        assert of_recipient["Final-Recipient"] == "rfc822; c@bei.example"
        assert "Message-ID: <1@yuanye.example>" in header.get_payload(decode=True).decode()


async def _speaks(post: Post, language: str) -> None:
    def choose(db: sqlite3.Connection) -> None:
        db.execute("UPDATE accounts SET language = ? WHERE id = ?", (language, post.account_id))

    await post.database.write(choose)


SAID = {
    "zh-CN": ("未送达：Wednesday", "中继不收这个地址：550 5.1.1 Nobody here"),
    "en": ("Not delivered: Wednesday", "The relay refused this recipient: 550 5.1.1 Nobody here"),
}


@pytest.mark.parametrize(("language", "spoken"), [("zh-CN", ["zh-CN"]), ("en", ["en"]), ("", ["zh-CN", "en"])])
async def test_a_notification_speaks_the_accounts_language_to_people_and_rfc_3464_to_programs(
    tmp_path: Path, language: str, spoken: list[str]
) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        await _speaks(post, language)
        relay.answer("rcpt", "550 5.1.1 Nobody here")
        await post.recipient(await post.submit(), "failed")
        (stored,) = await post.inbox()
        assert stored.message.subject == SAID[spoken[0]][0]
        assert [each for each in SAID if SAID[each][1] in stored.message.text] == spoken
        status: Any = email.message_from_bytes(stored.source).get_payload()[1].get_payload()[1]  # type: ignore
        assert status["Diagnostic-Code"] == "smtp; 550 5.1.1 Nobody here"
        assert (status["Action"], status["Status"]) == ("failed", "5.1.1")


async def test_our_own_reasons_are_translated_for_people_alone(tmp_path: Path) -> None:
    async with posting(tmp_path) as post:
        await _speaks(post, "zh-CN")
        item_id = await post.submit()
        await post.recipient(item_id, "deferred")
        post.turn(GIVE_UP_S + 1)
        await post.recipient(item_id, "failed")
        notice = (await post.inbox())[0]
        assert "\n    试了几天，不再试了。还没有为这个发件地址设置中继。" in notice.message.text
        status: Any = email.message_from_bytes(notice.source).get_payload()[1].get_payload()[1]  # type: ignore
        said = " ".join(status["Diagnostic-Code"].split())
        assert said == "x-mailapp; No relay is set up that takes mail from this address."


async def test_nothing_is_written_about_a_notification(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "550 5.1.1 Nobody here")
        await post.recipient(await post.submit(reverse_path=""), "failed")
        assert await post.inbox() == []


async def test_a_sender_who_is_gone_costs_nothing_but_the_notification(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "550 5.1.1 Nobody here")
        await post.recipient(await post.submit(reverse_path="gone@yuanye.example"), "failed")
        assert await post.inbox() == []


async def test_after_four_hours_the_sender_is_warned_once(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "450 4.2.1 Full")
        item_id = await post.submit()
        await post.recipient(item_id, "deferred", attempts=1)
        post.turn(WARN_S - 60)
        await post.recipient(item_id, "deferred", attempts=2)
        assert await post.inbox() == []
        post.turn(61)
        await post.until(item_id, lambda item: item.warned)
        for attempt in (3, 4):
            post.turn(HOUR * 1.1)
            await post.recipient(item_id, "deferred", attempts=attempt)
            post.turn(61)
        (notice,) = await post.inbox()
        assert "zhou@bei.example" in notice.message.text
        report: Any = email.message_from_bytes(notice.source)
        status = report.get_payload()[1].get_payload()[1]
        assert status["Action"] == "delayed"
        assert status["Will-Retry-Until"]


async def test_after_five_days_it_is_given_up(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "450 4.2.1 Full")
        item_id = await post.submit()
        await post.recipient(item_id, "deferred", attempts=1)
        post.turn(GIVE_UP_S + 1)
        recipient = await post.recipient(item_id, "failed")
        assert (recipient.code, recipient.reason) == (450, "Full")
        assert any("450 4.2.1 Full" in notice.message.text for notice in await post.inbox())


async def test_the_five_days_of_scheduled_mail_begin_when_it_is_due(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "450 4.2.1 Full", times=1)
        item_id = await post.submit(hold_s=GIVE_UP_S * 2)
        post.turn(GIVE_UP_S * 2)
        await post.recipient(item_id, "deferred", attempts=1)
        post.turn(HOUR)
        await post.recipient(item_id, "sent")


async def test_mail_that_never_found_a_relay_is_given_up_too(tmp_path: Path) -> None:
    async with posting(tmp_path) as post:
        item_id = await post.submit()
        await post.recipient(item_id, "deferred")
        post.turn(GIVE_UP_S + 1)
        assert (await post.recipient(item_id, "failed")).attempts == 0
        assert len(await post.inbox()) >= 1


async def test_the_log_names_every_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maillog.configure("text")
    try:
        async with fake_relay() as relay, posting(tmp_path, relay) as post:
            relay.answer("rcpt", "450 4.2.1 482913", address="b@bei.example")
            relay.answer("rcpt", "550 5.1.1 482913", address="c@bei.example")
            item_id = await post.submit("a@bei.example", "b@bei.example", "c@bei.example")
            await post.until(item_id, lambda item: all(one.state != "pending" for one in item.recipients))
            await post.stop()
    finally:
        maillog._Out.stream = None
    told = capsys.readouterr().err
    assert f"info relayed item={item_id} recipient=a@bei.example" in told
    assert f"info deferred item={item_id} recipient=b@bei.example" in told
    assert f"warning failed item={item_id} recipient=c@bei.example" in told
    assert "482913" not in told
    assert "Wednesday" not in told

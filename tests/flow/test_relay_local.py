"""Recipients on our own domains get the message directly, in the transaction that says so."""

import sqlite3
from pathlib import Path

import pytest

from mailapp.store import arrivals
from mailapp.store.database import StoreError
from tests.conftest import make_account
from tests.flow.posting import posting
from tests.relays import fake_relay


async def test_our_own_recipients_need_no_relay(tmp_path: Path) -> None:
    async with posting(tmp_path) as post:
        ana = await make_account(post.database, "ana@yuanye.example")
        recipient = await post.recipient(await post.submit("Ana+x@Yuanye.example"), "delivered")
        assert (recipient.relay, recipient.code) == ("local", 250)
        (stored,) = await post.inbox(ana)
        assert stored.message.message_id == "1@yuanye.example"
        assert stored.trace.startswith(
            b"Return-Path: <lin@yuanye.example>\r\nReceived: by mail.yuanye.example with LMTP"
        )


async def test_a_message_may_go_both_ways(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        ana = await make_account(post.database, "ana@yuanye.example")
        item_id = await post.submit("zhou@bei.example", "ana@yuanye.example")
        item = await post.until(item_id, lambda item: item.state == "done")
        assert sorted(one.state for one in item.recipients) == ["delivered", "sent"]
        assert [message.recipients for message in relay.messages] == [("zhou@bei.example",)]
        assert len(await post.inbox(ana)) == 1


async def test_an_unknown_recipient_of_ours_fails_and_its_sender_hears_of_it(tmp_path: Path) -> None:
    async with posting(tmp_path) as post:
        await make_account(post.database, "ana@yuanye.example")
        item_id = await post.submit("nobody@yuanye.example", "ana@yuanye.example")
        item = await post.until(item_id, lambda item: item.state == "done")
        assert [(one.state, one.code) for one in item.recipients] == [("failed", 550), ("delivered", 250)]
        (notice,) = await post.inbox()
        assert "nobody@yuanye.example" in notice.message.text
        assert "ana@yuanye.example" not in notice.message.text


async def test_a_delivery_that_is_not_stored_is_tried_again_and_nobody_gets_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with posting(tmp_path) as post:
        ana = await make_account(post.database, "ana@yuanye.example")
        add, failures = arrivals.add, iter([True, True])  # a unit of work that fails is run again by itself

        def hesitant(db: sqlite3.Connection, *rest: object) -> object:
            done = add(db, *rest)  # type: ignore[arg-type]
            if next(failures, False):
                raise StoreError("broken")
            return done

        monkeypatch.setattr(arrivals, "add", hesitant)
        item_id = await post.submit("ana@yuanye.example")
        assert (await post.recipient(item_id, "deferred")).code == 451
        post.turn(70)
        await post.recipient(item_id, "delivered")
        assert len(await post.inbox(ana)) == 1

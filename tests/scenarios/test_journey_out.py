"""The whole journey out, with real parts: compose in Chromium, submission, the queue, a real relay, the live status."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default

import pytest
from playwright.async_api import Browser, Page, expect

from mailapp.app import App, running
from mailapp.config import Config
from mailapp.store import accounts
from mailapp.store.relays import Relay
from tests.conftest import make_account
from tests.relays import Relay as FakeRelay
from tests.relays import fake_relay
from tests.web.browsers import chromium, person

LIN, ANN = "lin@yuanye.example", "ann@yuanye.example"
ZHOU, CHEN = "zhou@sanlian.example", "chen@foxmail.example"
SECRET = "relay-password-7b1d"
ACCEPTED, FAILED, WAITING = "已送达中继", "失败", "稍后重试"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@asynccontextmanager
async def sending(config: Config, relay: FakeRelay, hold_s: int = 0) -> AsyncIterator[App]:
    """The server with two accounts and the relay set up, submissions held for `hold_s`."""
    async with running(config, tls=relay.trust) as app:
        for address in (LIN, ANN):
            await make_account(app.database, address, admin=address == LIN)
            account = await app.database.read(accounts.by_address, address)
            assert account is not None
            await app.database.write(accounts.set_undo_send, account.id, hold_s)
        given = Relay(name="fake", host="127.0.0.1", port=relay.port, security="starttls", username="lin")
        await app.pages.relaying.save(given, SECRET)
        yield app


async def write(page: Page, to: str, subject: str, text: str) -> None:
    """Write a letter over the list and press send."""
    await page.locator(".sidebar [data-write]").click()
    await page.locator("#compose-to[role=combobox]").fill(
        to
    )  # the one with completion takes the place of the plain one
    await page.locator("#compose-subject").fill(subject)
    await page.locator("#compose-text").fill(text)
    await page.locator("#compose-send").click()
    await expect(page.locator("#compose-form")).to_have_count(0)


async def test_from_compose_to_accepted_by_the_relay_and_into_an_inbox_of_ours(
    config: Config, browser: Browser
) -> None:
    async with fake_relay(users={"lin": SECRET}) as relay, sending(config, relay) as app:
        url = f"http://127.0.0.1:{app.http_port}"
        lin, ann = await person(browser, url, LIN), await person(browser, url, ANN)
        await write(lin.page, f"周婧 <{ZHOU}>， {ANN}", "第二版校样", "周婧你好：\n\n第二版我看完了。")
        await expect(ann.page.locator("#message-list .row .subject")).to_have_text("第二版校样")
        await relay.received(1)
        await lin.page.locator('.folder[data-key="sent"]').click()
        await lin.page.locator("#message-list .row-link").click()
        states = lin.page.locator("#reading-pane .delivery-state")
        await expect(lin.page.locator("#reading-pane .delivery")).to_have_count(2)
        await expect(states.filter(has_text=ACCEPTED)).to_have_count(1)
        (taken,) = relay.messages
        assert (taken.reverse_path, tuple(taken.recipients)) == (LIN, (ZHOU,))
        letter = message_from_bytes(taken.content, policy=default)
        assert letter["Subject"] == "第二版校样"
        assert "第二版我看完了。" in letter.get_content()
        assert taken.encrypted
        lin.blameless()
        ann.blameless()


async def test_one_of_three_fails_and_one_waits_and_the_page_says_so_by_itself(
    config: Config, browser: Browser
) -> None:
    async with fake_relay(users={"lin": SECRET}) as relay, sending(config, relay) as app:
        relay.answer("rcpt", "550 5.1.1 User unknown", address=CHEN)
        relay.answer("rcpt", "451 4.7.1 Greylisted", address="yuan@hehuan.example", times=1)
        lin = await person(browser, f"http://127.0.0.1:{app.http_port}", LIN)
        await lin.page.goto("/mail/sent")
        await lin.connected()
        await write(lin.page, f"{ZHOU}; {CHEN}；yuan@hehuan.example", "Proofs", "Two small corrections.")
        await expect(lin.page.locator("#count-queue")).to_have_text("1")
        await lin.page.locator("#message-list .row-link").click()
        block = lin.page.locator("#reading-pane .deliveries")
        for address, state in ((CHEN, FAILED), ("yuan@hehuan.example", WAITING), (ZHOU, ACCEPTED)):
            recipient = block.locator(".delivery", has_text=address)
            await expect(recipient.locator(".delivery-state")).to_have_text(state)
        await expect(block).to_contain_text("550 5.1.1 User unknown")
        await expect(lin.page.locator("#count-queue")).to_have_text("")  # it was looked at
        await expect(lin.page.locator("#count-inbox")).to_have_text("1")  # the DSN
        await block.get_by_role("button", name="现在就试").click()
        await expect(block.locator(".delivery", has_text="yuan@").locator(".delivery-state")).to_have_text(ACCEPTED)
        assert relay.count == 2
        lin.blameless()


async def test_an_undone_submission_never_leaves_and_its_draft_is_back_whole(config: Config, browser: Browser) -> None:
    async with fake_relay(users={"lin": SECRET}) as relay, sending(config, relay, 60) as app:
        lin = await person(browser, f"http://127.0.0.1:{app.http_port}", LIN)
        await write(lin.page, ZHOU, "Too early", "Not finished")
        await lin.page.locator("#toasts button").first.click()
        await expect(lin.page.locator("#compose-subject")).to_have_value("Too early")
        await expect(lin.page.locator("#compose-text")).to_have_value("Not finished")
        await expect(lin.page.locator("#count-drafts")).to_have_text("1")
        await lin.page.goto("/mail/sent")
        await expect(lin.page.locator("#message-list .row")).to_have_count(0)
        assert relay.count == 0
        lin.blameless()

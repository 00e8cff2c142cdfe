"""View links as people meet them, in Chromium: made from a message, opened elsewhere without a session, live, ended."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served, letter
from tests.web.faults import faultless
from tests.web.views import ADDRESS, CODES, MESSAGE, Wish, shared

SHOP = "shop@yuanye.example"
TEXT = "Your verification code is {}. It expires in 10 minutes."
PHONE, DESKTOP = (390, 844), (1440, 900)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def stranger(browser: Browser, url: str, size: tuple[int, int] = DESKTOP, *, scripts: bool = True) -> Page:
    """A browser that was never here."""
    context = await browser.new_context(
        base_url=url, locale="zh-CN", viewport={"width": size[0], "height": size[1]}, java_script_enabled=scripts
    )
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


async def open_(page: Page, path: str) -> None:
    await page.goto(path)
    await page.click("button.primary")
    await page.wait_for_url(f"**{path}")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_made_from_a_message_opened_elsewhere_live_and_ended(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int]
) -> None:
    message_id = await mail.deliver(letter("Your sign-in code", TEXT.format(111222)), SHOP)
    lin = await person(browser, served.url)
    await lin.page.set_viewport_size({"width": size[0], "height": size[1]})
    await lin.page.goto(f"/messages/{message_id}")
    await lin.page.click(".more-menu summary")
    await lin.page.click("text=分享链接…")
    await faultless(lin.page)
    await lin.page.check("[name=kind][value=codes]", force=True)
    await expect(lin.page.locator("#address")).to_have_value(SHOP)
    await lin.page.click("button.primary")
    path = re.sub(r"^https?://[^/]+", "", await lin.page.inner_text("#view-url"))
    await faultless(lin.page)

    page = await stranger(browser, served.url, size)
    await page.goto(path)
    await expect(page.locator("h1")).to_have_text("有人与您分享了邮件")
    await faultless(page)
    await page.click("button.primary")
    await expect(page.locator(".view-card")).to_contain_text("111222")
    await expect(page.locator("#view-items[data-live]")).to_be_attached()
    await faultless(page)
    await mail.deliver(letter("Mine alone", TEXT.format(999888)))
    await mail.deliver(letter("Another code", TEXT.format(482913)), SHOP)
    await expect(page.locator(".view-card").first).to_contain_text("482913")
    await expect(page.locator(".view-card")).to_have_count(2)
    await expect(page.locator("#view-news")).to_have_text("新验证码 482913")
    assert "999888" not in await page.content()
    await page.reload()
    await expect(page.locator(".view-card")).to_have_count(2)

    await lin.page.click("text=我的链接")
    entry = lin.page.locator(".view-links li.standing")
    await expect(entry).to_contain_text("已打开 1/5 次")
    await entry.locator("summary").click()
    await faultless(lin.page)
    await entry.get_by_role("button").click()
    await expect(lin.page.locator(".view-links li.standing")).to_have_count(0)
    await expect(page.locator("h1")).to_have_text("这里什么也没有")
    await faultless(page)
    await page.goto(path)
    await expect(page.locator("h1")).to_have_text("这里什么也没有")
    lin.blameless()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_mail_of_an_address_shows_up_and_opens_in_its_frame(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int]
) -> None:
    link = await shared(mail, Wish(ADDRESS, address=SHOP, whole=True))
    page = await stranger(browser, served.url, size)
    await open_(page, link.path)
    await expect(page.locator("#view-items[data-live]")).to_be_attached()
    html = "<p>Dear <b>customer</b></p><img src='https://tracker.example/a.png'>"
    await mail.deliver(letter("您的订单", "Dear customer", html=html), SHOP)
    await expect(page.locator(".view-row")).to_contain_text("您的订单")
    await faultless(page)
    await page.click(".view-row a")
    await expect(page.frame_locator(".letter-frame").locator("b")).to_have_text("customer")
    await expect(page.locator(".view-held")).to_contain_text("1")
    await faultless(page)
    await page.click(".view-back")
    await expect(page.locator(".view-row")).to_have_count(1)


async def test_copying_takes_the_code_without_its_gap(mail: Mail, served: Served, browser: Browser) -> None:
    link = await shared(mail, Wish(MESSAGE, await mail.deliver(letter("Code", TEXT.format(482913)))))
    page = await stranger(browser, served.url, PHONE)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await open_(page, link.path)
    await page.click(".view-code [data-copy]")
    await expect(page.locator(".copy-said")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "482913"


async def test_all_of_it_works_without_scripts(mail: Mail, served: Served, browser: Browser) -> None:
    link = await shared(mail, Wish(CODES, address=SHOP))
    page = await stranger(browser, served.url, PHONE, scripts=False)
    await open_(page, link.path)
    await mail.deliver(letter("Code", TEXT.format(482913)), SHOP)
    await page.click("text=再看看")
    await expect(page.locator(".view-card")).to_contain_text("482913")

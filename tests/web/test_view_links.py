"""The account's own view links: made from a message or an address, shown once, listed with their log, ended."""

import re

import pytest

from mailapp.flow import viewing
from mailapp.store import views
from mailapp.store.views import ADDRESS, MESSAGE
from tests.web.conftest import ANN, SAME_ORIGIN, Mail, letter
from tests.web.views import Wish, press, shared, text_of

PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile"
SHOP = "shop@yuanye.example"


async def made(mail: Mail, status: int = 200, **form: str) -> str:
    answer = await (await mail.client()).post("/view-links", form=form, headers=SAME_ORIGIN)
    assert answer.status_code == status
    return str(await answer.get_data(as_text=True))


async def test_a_link_is_for_one_address_and_its_form_says_so(mail: Mail) -> None:
    link = await shared(mail, Wish(views.CODES, address=SHOP))
    visitor = mail.site.test_client()
    assert await press(visitor, link.path) == 303
    await mail.deliver(letter("Sign in", "Your verification code is 482913."), SHOP.replace("@", "+tag@"))
    await mail.deliver(letter("Sign in", "Your verification code is 771204."), SHOP)
    page = await text_of(visitor, link.path)
    assert ("<span>771</span>" in page, "<span>482</span>" in page) == (True, False)
    assert 'id="address-hint"' in await text_of(await mail.client(), "/view-links/new?kind=codes")


async def test_the_menu_of_a_message_leads_to_a_link_that_is_shown_once(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Plans <1>"))
    client = await mail.client()
    message = await text_of(client, f"/messages/{message_id}")
    assert f'href="/view-links/new?message={message_id}"' in message
    assert f'href="/view-links/new?message={message_id}&amp;kind=codes"' in message  # of the address it came for
    form = await text_of(client, f"/view-links/new?message={message_id}")
    assert "Plans &lt;1&gt;" in form
    assert re.search(r'value="message" checked', form)
    page = await made(mail, kind=MESSAGE, message=str(message_id), whole="1", lasting="3600", opens="20")
    path = re.search(r"http://localhost:2099(/v/[\w-]{43})", page)[1]  # type: ignore[index]
    (link,) = await mail.context.database.read(views.of_account, mail.lin, 10)
    assert (link.kind, link.message_id, link.whole, link.opens_most) == (MESSAGE, message_id, True, 20)
    assert link.expires_at - link.created_at == 3_600_000
    assert "Plans &lt;1&gt;" in (settings := await text_of(client, "/settings"))
    assert path.removeprefix("/v/") not in settings
    assert await press(mail.site.test_client(), path) == 303


async def test_a_link_without_further_choices_lasts_seven_days_and_five_opens(mail: Mail) -> None:
    await made(mail, kind=ADDRESS, address=SHOP)
    (link,) = await mail.context.database.read(views.of_account, mail.lin, 10)
    assert (link.address, link.expires_at - link.created_at, link.opens_most) == (SHOP, 7 * 86_400_000, 5)
    assert link.since_at == link.created_at
    await made(mail, kind=ADDRESS, address=SHOP, opens="0", earlier="1")
    newest, _ = await mail.context.database.read(views.of_account, mail.lin, 10)
    assert (newest.opens_most, newest.since_at) == (None, 0)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"kind": "everything"}, 400),
        ({"kind": ADDRESS, "address": SHOP, "lasting": "99999999"}, 400),
        ({"kind": ADDRESS, "address": SHOP, "opens": "-1"}, 400),
        ({"kind": ADDRESS, "address": "shop@elsewhere.example"}, 422),
        ({"kind": ADDRESS, "address": ANN}, 422),
        ({"kind": ADDRESS}, 422),
        ({"kind": MESSAGE}, 422),
        ({"kind": MESSAGE, "message": "5"}, 422),
        ({"kind": MESSAGE, "message": "x"}, 404),
    ],
)
async def test_nothing_is_shared_that_is_not_offered_or_not_ones_own(
    mail: Mail, form: dict[str, str], status: int
) -> None:
    await made(mail, status, **form)
    assert await mail.context.database.read(views.of_account, mail.lin, 10) == []


async def test_the_number_of_links_is_bounded_and_says_what_to_do(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "STANDING_MOST", 1)
    await made(mail, kind=ADDRESS, address=SHOP)
    assert 'role="alert"' in await made(mail, 409, kind=ADDRESS, address=SHOP)


async def test_the_settings_list_links_with_who_opened_them_and_end_them(mail: Mail) -> None:
    link = await shared(mail, Wish(ADDRESS, address=SHOP, opens_most=5))
    hers = await shared(mail, Wish(ADDRESS, address=ANN), mail.ann)
    assert await press(mail.site.test_client(), link.path, **{"User-Agent": PIXEL}) == 303
    client = await mail.client()
    page = await text_of(client, "/settings")
    for word in (SHOP, "已打开 1/5 次", "Chrome · Android"):
        assert word in page
    assert ANN not in page
    refused = await client.post("/view-link-ends", form={"link": str(hers.id)}, headers=SAME_ORIGIN)
    assert refused.status_code == 404
    done = await client.post("/view-link-ends", form={"link": str(link.id)}, headers=SAME_ORIGIN)
    assert (done.status_code, done.headers["Location"]) == (303, "/settings#view-links")
    page = await text_of(client, "/settings")
    assert 'name="link"' not in page
    assert "Chrome · Android" in page  # the log stays for a while
    await text_of(mail.site.test_client(), link.path, 404)
    await text_of(mail.site.test_client(), hers.path)


async def test_without_a_session_there_is_no_making_and_no_ending(mail: Mail) -> None:
    stranger = mail.site.test_client()
    for path in ("/view-links", "/view-link-ends"):
        answer = await stranger.post(path, form={"link": "1", "kind": ADDRESS, "address": SHOP}, headers=SAME_ORIGIN)
        assert answer.headers["Location"].startswith("/login")
    assert (await stranger.get("/view-links/new")).status_code == 303

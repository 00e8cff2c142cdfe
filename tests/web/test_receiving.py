"""The receiving log in the browser: the admin's, with its cures; and an account's own part of it."""

import pytest

from mailapp.mail.transaction import Transaction
from mailapp.store import address_list, receiving_view
from tests.flow.test_receiving_log import NOBODY, told
from tests.web.admins import english_admin
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter


async def written(mail: Mail, *some: Transaction) -> list[int]:
    """Ids of what the log holds, the newest first."""
    for one in some:
        mail.context.receiving.ended(one)
    await mail.context.receiving.write()
    return [one.id for one in await mail.context.database.read(receiving_view.page, None, "", None, 100)]


async def test_a_refused_address_is_made_from_what_refused_it(mail: Mail) -> None:
    (refused,) = await written(mail, told(("linn@yuanye.example", NOBODY)))
    client = await english_admin(mail)
    html = await (await client.get(f"/admin/receiving/{refused}")).get_data(as_text=True)
    assert "There is no such address here, so we answered 550." in html
    assert "The most similar address is lin@yuanye.example." in html
    assert "RCPT TO:&lt;linn@yuanye.example&gt;" in html
    assert 'name="target" value="lin@yuanye.example"' in html
    form = {"address": "linn@yuanye.example", "target": LIN}
    response = await client.post("/admin/refused-addresses", form=form, headers=SAME_ORIGIN)
    assert response.status_code == 303
    assert await mail.context.database.read(address_list.get, "linn@yuanye.example") is not None
    html = await (await client.get(response.headers["Location"])).get_data(as_text=True)
    assert "linn@yuanye.example is made." in html
    assert "Nobody asked for an address that does not exist." in html
    html = await (await client.get(f"/admin/receiving/{refused}")).get_data(as_text=True)
    assert 'id="make-address"' not in html


async def test_what_cannot_be_made_is_said(mail: Mail) -> None:
    client = await english_admin(mail)
    form = {"address": "x@elsewhere.example", "target": LIN}
    response = await client.post("/admin/refused-addresses", form=form, headers=SAME_ORIGIN)
    assert response.status_code == 422
    assert "elsewhere.example is not a domain of this server" in await response.get_data(as_text=True)


async def test_an_address_can_be_left_refused_until_it_is_asked_for_again(mail: Mail) -> None:
    await written(mail, told(("shop@yuanye.example", NOBODY)))
    client = await english_admin(mail)
    assert "shop@yuanye.example" in await (await client.get("/admin/refused-addresses")).get_data(as_text=True)
    form = {"address": "shop@yuanye.example"}
    await client.post("/admin/refused-address-dismissals", form=form, headers=SAME_ORIGIN)
    html = await (await client.get("/admin/refused-addresses", headers=FRAGMENT)).get_data(as_text=True)
    assert "shop@yuanye.example" not in html
    await written(mail, told(("shop@yuanye.example", NOBODY)))
    assert "shop@yuanye.example" in await (await client.get("/admin/receiving")).get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["taken", "refused", "nothing"]),
        ("?only=taken", ["taken"]),
        ("?only=refused", ["refused"]),
        ("?only=nothing", ["nothing"]),
        ("?only=nonsense", ["taken", "refused", "nothing"]),
        ("?q=xinghe&only=refused", ["refused"]),
        ("?q=198.51.100.9", ["nothing"]),
        ("?q=no-such-thing", []),
    ],
)
async def test_the_admin_finds_what_happened(mail: Mail, query: str, found: list[str]) -> None:
    nothing = told(peer="198.51.100.9")
    nothing.helo = ""
    await written(mail, nothing, told(("nobody@yuanye.example", NOBODY)), told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    client = await english_admin(mail)
    html = await (await client.get(f"/admin/receiving{query}", headers=FRAGMENT)).get_data(as_text=True)
    words = {
        "taken": f"Taken: {LIN}",
        "refused": "Refused: there is no nobody@yuanye.example",
        "nothing": "Left without a word",
    }
    assert [name for name, text in words.items() if text in html] == found


async def test_long_lists_go_on_where_a_page_ends(mail: Mail) -> None:
    await written(mail, *(told(peer=f"198.51.100.{number}") for number in range(60)))
    client = await english_admin(mail)
    first = await (await client.get("/admin/receiving", headers=FRAGMENT)).get_data(as_text=True)
    assert first.count("told-row") - first.count("told-rows") == 50
    following = first.partition('link-button" href="')[2].partition('"')[0]
    second = await (await client.get(following, headers=FRAGMENT)).get_data(as_text=True)
    assert second.count("told-row") - second.count("told-rows") == 10


async def test_an_account_sees_its_own_part_with_its_message_and_nothing_of_others(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    both = told((LIN, ""), (ANN, ""), reply=f"250 2.0.0 Ok: {message_id:x}")
    both.reference = f"{message_id:x}"
    ids = await written(mail, told((ANN, ""), reply="250 2.0.0 Ok: 2"), told(("x@yuanye.example", NOBODY)), both)
    client = await mail.client(LIN)
    client.set_cookie("localhost", "language", "en")
    html = await (await client.get("/receiving")).get_data(as_text=True)
    assert f"/receiving/{ids[0]}" in html
    assert html.count('class="told-row"') == 1
    html = await (await client.get(f"/receiving/{ids[0]}")).get_data(as_text=True)
    assert f'href="/messages/{message_id}"' in html
    assert ANN not in html
    assert "x@yuanye.example" not in html
    for other in ids[1:]:
        assert (await client.get(f"/receiving/{other}")).status_code == 404
    assert 'class="told-row"' not in await (await client.get(f"/receiving?q={ANN}")).get_data(as_text=True)
    assert (await (await mail.client(ANN)).get(f"/receiving/{ids[0]}")).status_code == 200


async def test_what_clients_say_is_text(mail: Mail) -> None:
    evil = told(("<b>x</b>@yuanye.example", NOBODY), sender='"><script>alert(1)</script>@x.example')
    evil.helo = "<img src=x>"
    (one,) = await written(mail, evil)
    client = await english_admin(mail)
    for path in ("/admin/receiving", f"/admin/receiving/{one}", "/admin/refused-addresses"):
        html = await (await client.get(path)).get_data(as_text=True)
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "<b>x" not in html

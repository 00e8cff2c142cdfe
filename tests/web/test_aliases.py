"""The page of one's own addresses: made within the limit, muted, removed; nobody else's."""

import pytest
from quart.testing import QuartClient

from mailapp.store import address_list, own_addresses
from tests.conftest import DOMAIN
from tests.web.admins import english_admin
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail

SHOP = f"shop@{DOMAIN}"


async def _ann(mail: Mail, most: int = 2) -> QuartClient:
    """Ann in English, allowed to make some."""
    await mail.context.own_addressing.set_limit(mail.ann, most)
    client = await mail.client(ANN)
    client.set_cookie("localhost", "language", "en")
    return client


async def _page(client: QuartClient, path: str = "/aliases") -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return await response.get_data(as_text=True)


async def _post(client: QuartClient, path: str, **form: str) -> int:
    return (await client.post(path, form=form, headers=SAME_ORIGIN)).status_code


async def test_an_address_is_made_used_muted_and_removed(mail: Mail) -> None:
    client = await _ann(mail)
    assert 'href="/aliases"' in await _page(client, "/settings")
    assert await _post(client, "/aliases", local="Shop") == 303
    assert SHOP in await _page(client)
    assert await _post(client, "/alias-states", address=SHOP, muted="1") == 303
    assert "to junk" in await _page(client)
    held = await mail.context.database.read(address_list.get, SHOP)
    assert held is not None
    assert held.state == "muted"
    assert await _post(client, "/alias-deletions", address=SHOP) == 303
    assert SHOP not in await _page(client)


async def test_what_is_refused_stands_beside_what_was_typed(mail: Mail) -> None:
    client = await _ann(mail, most=1)
    response = await client.post("/aliases", form={"local": "postmaster"}, headers=SAME_ORIGIN)
    page = await response.get_data(as_text=True)
    assert (response.status_code, 'value="postmaster"' in page, 'id="local-error"' in page) == (422, True, True)
    await _post(client, "/aliases", local="shop")
    assert "Remove one to make another" in await _page(client)
    assert await _post(client, "/aliases", local="bank") == 422


async def test_without_leave_there_is_nothing_to_press(mail: Mail) -> None:
    client = await _ann(mail, most=0)
    assert "/aliases" not in await _page(client, "/settings")
    assert "allows none" in await _page(client)


@pytest.mark.parametrize("address", [LIN, f"nobody@{DOMAIN}", "nonsense", SHOP])
async def test_others_addresses_are_not_there(mail: Mail, address: str) -> None:
    lin = await mail.client()
    await mail.context.own_addressing.set_limit(mail.lin, 5)
    await _post(lin, "/aliases", local="shop")
    client = await _ann(mail)
    assert SHOP not in await _page(client)
    assert await _post(client, "/alias-states", address=address, muted="1") == 404
    assert await _post(client, "/alias-deletions", address=address) == 404


async def test_the_admin_sets_how_many_and_whether_the_catch_all_makes_any(mail: Mail) -> None:
    client = await english_admin(mail)
    assert await _post(client, "/admin/account-alias-limits", account=str(mail.ann), most="7") == 200
    assert await mail.context.database.read(own_addresses.limit, mail.ann) == 7
    assert await _post(client, "/admin/account-alias-limits", account=str(mail.ann), most="-1") == 400
    assert await _post(client, "/admin/domain-catch-alls", domain=DOMAIN, account=LIN, makes="1") == 200
    page = await (await client.get("/admin/domains")).get_data(as_text=True)
    assert 'name="makes" value="1" checked' in page
    await _post(client, "/admin/domain-catch-alls", domain=DOMAIN, account=LIN)
    page = await (await client.get("/admin/domains")).get_data(as_text=True)
    assert 'name="makes" value="1" checked' not in page

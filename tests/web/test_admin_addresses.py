"""Domains and addresses in the browser: what comes, from whom, and what is done about it."""

import pytest
from quart import Response
from quart.testing import QuartClient

from mailapp.mail.errors import PermanentFailure
from mailapp.store import domains
from tests.conftest import DOMAIN
from tests.web.admins import english_admin
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter

SHOP = f"shop@{DOMAIN}"


async def _post(client: QuartClient, path: str, **form: str) -> Response:
    response: Response = await client.post(path, form=form, headers=SAME_ORIGIN)
    return response


async def _html(response: Response) -> str:
    return str(await response.get_data(as_text=True))


async def _one(client: QuartClient, address: str = SHOP) -> str:
    return await _html(await client.get(f"/admin/addresses/one?address={address}"))


async def test_the_list_tells_what_came_for_made_and_caught_addresses(mail: Mail) -> None:
    client = await english_admin(mail)
    for _ in range(3):
        await mail.deliver(letter(sender="Shop <news@mail.shop.example>"), SHOP)
    await mail.deliver(letter(), ANN)
    html = await _html(await client.get("/admin/addresses"))
    made, _, caught = html.partition("Nobody made these")
    assert "ann<span" in made
    assert "shop<span" in caught
    assert "only shop.example" in caught
    assert 'aria-label="3 messages in 30 days"' in caught
    piece = await _html(await client.get("/admin/addresses?q=SHOP", headers=FRAGMENT))
    assert piece.startswith('<div id="addresses"')
    assert "ann<span" not in piece
    assert "shop<span" in piece
    assert "No address begins like this" in await _html(await client.get("/admin/addresses?q=zzz"))


async def test_a_tag_is_told_from_what_the_catch_all_gets_and_muted_by_itself(mail: Mail) -> None:
    client = await english_admin(mail)
    tagged = f"ann+news@{DOMAIN}"
    await mail.deliver(letter(), tagged)
    html = await _one(client, tagged.replace("+", "%2B"))
    assert "<dd>tag</dd>" in html
    assert "<dd>Ann</dd>" in html
    for state in ("muted", "blocked", "active", "blocked", "muted"):
        assert (await _post(client, "/admin/address-states", address=tagged, state=state)).status_code == 200
    await mail.deliver(letter("Muted"), tagged)
    ann = await mail.client(ANN)
    assert "Muted" in await _html(await ann.get("/mail/junk"))
    assert "Muted" not in await _html(await ann.get("/mail/inbox"))


async def test_an_address_that_was_passed_on_is_marked(mail: Mail) -> None:
    client = await english_admin(mail)
    for number in range(4):
        await mail.deliver(letter(sender="Shop <news@shop.example>"), SHOP)
        if number:
            await mail.deliver(letter(sender=f"<x@spam{number}.example>"), SHOP)
    assert "may have been passed on" in await _html(await client.get("/admin/addresses"))
    html = await _one(client)
    assert "spam3.example" in html
    await mail.deliver(letter(), LIN)
    assert "may have been passed on" not in await _one(client, LIN)


async def test_an_alias_is_made_with_several_accounts_and_changed(mail: Mail) -> None:
    client = await english_admin(mail)
    made = await _post(client, "/admin/addresses", local="Shop", domain=DOMAIN, targets=f"{LIN}，{ANN}")
    assert made.status_code == 303
    assert f'value="{ANN}, {LIN}"' in await _html(await client.get(made.headers["Location"]))
    await mail.deliver(letter("Both"), SHOP)
    assert await mail.row((await mail.deliver(letter("Both"), SHOP)), mail.lin) is not None
    changed = await _post(client, "/admin/address-targets", address=SHOP, targets=ANN)
    assert f'value="{ANN}"' in await _html(changed)
    removed = await _post(client, "/admin/address-deletions", address=SHOP)
    assert removed.headers["Location"] == "/admin/addresses?removed=1"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"local": "", "targets": LIN}, "address"),
        ({"local": "a b", "targets": LIN}, "address"),
        ({"local": "ann", "targets": LIN}, "address"),
        ({"local": "shop", "targets": ""}, "targets"),
        ({"local": "shop", "targets": f"{LIN} nobody@{DOMAIN}"}, "targets"),
    ],
)
async def test_what_is_wrong_with_an_alias_stands_at_its_field(mail: Mail, form: dict[str, str], field: str) -> None:
    client = await english_admin(mail)
    response = await _post(client, "/admin/addresses", domain=DOMAIN, **form)
    html = await _html(response)
    assert response.status_code == 422
    assert f'id="{field}-error"' in html
    assert f'value="{form["local"]}"' in html


async def test_a_leaked_address_is_refused_by_a_press_and_received_again(mail: Mail) -> None:
    client = await english_admin(mail)
    await mail.deliver(letter(), SHOP)
    html = await _html(await _post(client, "/admin/address-states", address=SHOP, state="blocked"))
    assert "It is refused." in html
    assert "set-blocked" not in html
    with pytest.raises(PermanentFailure):
        await mail.deliver(letter(), SHOP)
    assert "It receives again." in await _html(
        await _post(client, "/admin/address-states", address=SHOP, state="active")
    )
    await mail.deliver(letter(), SHOP)


async def test_muted_mail_does_not_reach_the_inbox(mail: Mail) -> None:
    client, lin = await english_admin(mail), await mail.client()
    await _post(client, "/admin/address-states", address=SHOP, state="muted")
    await mail.deliver(letter("Buy now"), SHOP)
    assert "Buy now" not in await _html(await lin.get("/mail/inbox"))
    assert "Buy now" in await _html(await lin.get("/mail/junk"))


async def test_refusals_are_said_and_unknown_addresses_not_found(mail: Mail) -> None:
    client = await english_admin(mail)
    own = await _post(client, "/admin/address-states", address=LIN, state="blocked")
    assert own.status_code == 422
    assert "neither muted nor blocked" in await _html(own)
    assert (await _post(client, "/admin/address-states", address=LIN, state="loud")).status_code == 400
    assert (await client.get("/admin/addresses/one?address=nobody@else.example")).status_code == 404
    for path in ("states", "targets", "deletions"):
        form = {"address": "nobody@else.example", "state": "blocked", "targets": LIN}
        assert (await _post(client, f"/admin/address-{path}", **form)).status_code == 404


async def test_a_domain_is_added_gets_a_catch_all_and_is_removed(mail: Mail) -> None:
    client = await english_admin(mail)
    assert "other.example" in await _html(await _post(client, "/admin/domains", domain="Other.Example."))
    await _post(client, "/admin/domain-catch-alls", domain="other.example", account=ANN)
    await mail.deliver(letter("Hi"), "anything@other.example")
    await _post(client, "/admin/domain-catch-alls", domain="other.example", account="")
    with pytest.raises(PermanentFailure):
        await mail.deliver(letter("Hi"), "anything@other.example")
    await _post(client, "/admin/domain-deletions", domain="other.example")
    assert await mail.context.database.read(domains.by_name, "other.example") is None


async def test_what_is_wrong_with_a_domain_is_said_beside_it(mail: Mail) -> None:
    client = await english_admin(mail)
    for path, form, says in (
        ("domains", {"domain": "nonsense"}, "not a domain"),
        ("domains", {"domain": DOMAIN}, "there already"),
        ("domain-catch-alls", {"domain": DOMAIN, "account": "nobody"}, "There is no account nobody"),
        ("domain-catch-alls", {"domain": "else.example", "account": LIN}, "no such domain"),
        ("domain-deletions", {"domain": DOMAIN}, "delete those first"),
    ):
        response = await _post(client, f"/admin/{path}", **form)
        assert response.status_code == 422, path
        assert says in await _html(response)
    headers = {**SAME_ORIGIN, **FRAGMENT}
    response = await client.post("/admin/domains", form={"domain": "nonsense"}, headers=headers)
    assert (await _html(response)).startswith('<div id="domains"')

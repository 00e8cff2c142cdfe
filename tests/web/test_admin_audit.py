"""The audit log in the browser: every act of the administration is in it, and it can be filtered and paged."""

import re

from quart.testing import QuartClient

from mailapp.flow.tokens import checked
from mailapp.store import accounts, audit
from tests.conftest import DOMAIN
from tests.web.admins import SECRET, english_admin, given_relay
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail

BO = f"bo@{DOMAIN}"
SHOP = f"shop@{DOMAIN}"
NEW = "another sentence to remember"


async def _post(client: QuartClient, path: str, **form: str) -> None:
    response = await client.post(path, form=form, headers=SAME_ORIGIN)
    assert response.status_code in (200, 303), (path, await response.get_data(as_text=True))


async def _html(client: QuartClient, query: str = "", **headers: str) -> str:
    response = await client.get(f"/admin/audit{query}", headers=headers)
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


async def _do_everything(mail: Mail, client: QuartClient) -> None:
    await _post(client, "/admin/accounts", address=BO, how="password", password=NEW)
    found = await mail.context.database.read(accounts.by_address, BO)
    assert found is not None
    bo = str(found.id)
    await mail.context.tokens.add(found.id, checked(("read",), (), "x", None, 1))
    await _post(client, "/admin/account-passwords", account=bo, how="link")
    await _post(client, "/admin/account-passwords", account=bo, how="password", password=NEW)
    await _post(client, "/admin/account-roles", account=bo, admin="1")
    await _post(client, "/admin/account-states", account=bo, active="0")
    await _post(client, "/admin/account-session-ends", account=bo)
    await _post(client, "/admin/account-token-ends", account=bo)
    await _post(client, "/admin/account-deletions", account=bo, mail="erase", confirm=BO)
    await _post(client, "/admin/addresses", local="shop", domain=DOMAIN, targets=LIN)
    await _post(client, "/admin/address-targets", address=SHOP, targets=f"{LIN}, {ANN}")
    await _post(client, "/admin/address-states", address=SHOP, state="muted")
    await _post(client, "/admin/address-deletions", address=SHOP)
    await _post(client, "/admin/domains", domain="b.example")
    await _post(client, "/admin/domain-catch-alls", domain="b.example", account=ANN)
    await _post(client, "/admin/domain-deletions", domain="b.example")
    relay = await given_relay(client)
    second = await given_relay(client, name="Second")
    await _post(client, f"/admin/relays/{relay}", **_relay("Changed"))
    await _post(client, "/admin/relay-moves", relay=str(second), direction="up")
    await _post(client, "/admin/relay-deletions", relay=str(second))


def _relay(name: str) -> dict[str, str]:
    return {
        "preset": "sendgrid", "name": name, "host": "smtp.sendgrid.net", "port": "587", "security": "starttls",
        "auth": "auto", "username": "apikey", "secret": f"{SECRET}2", "sender_domains": "", "daily_limit": "7",
        "active": "1",
    }  # fmt: skip


async def test_every_act_is_written_down_with_who_from_and_to(mail: Mail) -> None:
    client = await english_admin(mail)
    await _do_everything(mail, client)
    found = await mail.context.database.read(audit.page, 0, 100)
    assert {each.who for each in found} == {LIN}
    assert [(each.what, each.about, each.from_, each.to) for each in reversed(found)] == [
        ("account.added", BO, "", "member"),
        ("account.link", BO, "", audit.HIDDEN),
        ("account.password", BO, "", audit.HIDDEN),
        ("account.role", BO, "member", "admin"),
        ("account.state", BO, "active", "disabled"),
        ("account.sessions_ended", BO, "", ""),
        ("account.tokens_revoked", BO, "1", "0"),
        ("account.erased", BO, "", ""),
        ("address.added", SHOP, "", LIN),
        ("address.targets", SHOP, LIN, f"{LIN}, {ANN}"),
        ("address.state", SHOP, "active", "muted"),
        ("address.removed", SHOP, f"{ANN}, {LIN}", ""),
        ("domain.added", "b.example", "", ""),
        ("domain.catch_all", "b.example", "", ANN),
        ("domain.removed", "b.example", "", ""),
        *((each.what, each.about, each.from_, each.to) for each in reversed(found[:5])),
    ]
    relays = [(each.what, each.about) for each in reversed(found[:5])]
    assert relays == [
        ("relay.added", "SendGrid"),
        ("relay.added", "Second"),
        ("relay.changed", "Changed"),
        ("relay.moved", ""),
        ("relay.removed", "Second"),
    ]
    changed = found[2]
    assert changed.from_ == f"name: SendGrid\nsecret: {audit.HIDDEN}\ndaily_limit: 100"
    assert changed.to == f"name: Changed\nsecret: {audit.HIDDEN}\ndaily_limit: 7"
    html = await _html(client)
    assert SECRET not in html
    assert NEW not in html
    assert not re.search(r">(account|address|domain|relay)\.[a-z_]+<", html), "every act has words"


async def test_what_is_refused_is_not_in_the_log(mail: Mail) -> None:
    client = await english_admin(mail)
    response = await client.post("/admin/domains", form={"domain": DOMAIN}, headers=SAME_ORIGIN)
    assert response.status_code == 422
    assert await mail.context.database.read(audit.page, 0, 10) == []
    assert "Nothing has been changed yet." in await _html(client)


async def test_the_log_is_filtered_and_has_pages(mail: Mail) -> None:
    def fill(db: object) -> None:
        for number in range(70):
            audit.record(db, "cli:root", "domain.added", about=f"d{number:02}.example", now_ms=number)  # type: ignore[arg-type]
        audit.record(db, "<b>@x.example", "odd.thing", "<i>", "</td>", about="x")  # type: ignore[arg-type]

    await mail.context.database.write(fill)
    client = await english_admin(mail)
    html = await _html(client, "?noun=domain")
    assert "root (command line)" in html
    following = re.search(r'href="(/admin/audit\?noun=domain&amp;before=\d+)"', html)
    assert following is not None
    assert "d69.example" in html
    rest = await _html(client, following[1].removeprefix("/admin/audit").replace("&amp;", "&"))
    assert "d19.example" in rest
    assert "d20.example" not in rest
    piece = await _html(client, "?q=d07", **FRAGMENT)
    assert piece.startswith('<div id="audit"')
    assert piece.count("<tr>") == 2
    odd = await _html(client, "?who=%3Cb%3E%40x.example")
    assert "&lt;i&gt;" in odd
    assert "<i>" not in odd
    assert (await client.get("/admin/audit?before=x")).status_code == 404

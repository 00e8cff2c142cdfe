"""Accounts in the browser: what each form does, what it refuses, and the page behind a link."""

import re

import pytest
from quart import Response
from quart.testing import QuartClient

from mailapp.mail.errors import PermanentFailure, TemporaryFailure
from mailapp.store import account_list, accounts
from mailapp.store.tokens import NewToken
from tests.conftest import DOMAIN, PASSWORD
from tests.web.admins import english_admin
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail

NEW = "another sentence to remember"
BO = f"bo@{DOMAIN}"


async def _post(client: QuartClient, path: str, **form: str) -> Response:
    response: Response = await client.post(path, form=form, headers=SAME_ORIGIN)
    return response


async def _html(response: Response) -> str:
    return str(await response.get_data(as_text=True))


async def _id(mail: Mail, address: str) -> int:
    found = await mail.context.database.read(accounts.by_address, address)
    assert found is not None
    return found.id


async def test_the_list_shows_every_account_with_its_size_and_sessions(mail: Mail) -> None:
    await mail.deliver(b"Subject: x\r\n\r\n" + b"x" * 3_000, ANN)
    client = await english_admin(mail)
    html = await _html(await client.get("/admin/accounts"))
    assert LIN in html
    assert ANN in html
    assert "3 KB" in html
    piece = await _html(await client.get("/admin/accounts", headers=FRAGMENT))
    assert piece.startswith('<div id="accounts"')
    assert 'aria-current="page"' in html


async def test_a_long_list_has_pages(mail: Mail) -> None:
    def many(db: object) -> None:
        for number in range(120):
            accounts.add(
                db,  # type: ignore[arg-type]
                address=f"n{number:03}@{DOMAIN}",
                name="",
                password_hash="",
                role="member",
                now_ms=1,
            )

    await mail.context.database.write(many)
    client = await english_admin(mail)
    html = await _html(await client.get("/admin/accounts"))
    following = re.search(r'href="(/admin/accounts\?after=[^"]+)"', html)
    assert following is not None
    assert html.count('<th scope="row">') == 100
    rest = await _html(await client.get(following[1]))
    assert rest.count('<th scope="row">') == 22
    assert f"n119@{DOMAIN}" in rest


async def test_an_invited_person_chooses_a_password_and_is_in_their_inbox(mail: Mail) -> None:
    client = await english_admin(mail)
    response = await _post(client, "/admin/accounts", address=BO.upper(), name="Bo", how="link")
    html = await _html(response)
    assert response.status_code == 200
    link = re.search(r'<code id="link">[^<]*(/join\?token=[^<]+)</code>', html)
    assert link is not None
    token = link[1].partition("=")[2]
    assert token not in await _html(await client.get(f"/admin/accounts/{await _id(mail, BO)}"))
    someone = mail.site.test_client()
    assert BO in await _html(await someone.get(link[1]))
    short = await _post(someone, "/join", token=token, name="Bo", password="short")
    assert short.status_code == 422
    done = await _post(someone, "/join", token=token, name="小博", password=NEW)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    inbox = await someone.get("/mail/inbox")
    assert inbox.status_code == 200
    assert BO in await _html(inbox)
    for again in (await someone.get(link[1]), await _post(someone, "/join", token=token, password=PASSWORD)):
        assert again.status_code == 410
    found = await mail.context.database.read(accounts.by_address, BO)
    assert found is not None
    assert found.name == "小博"


async def test_an_account_with_a_typed_password_logs_in(mail: Mail) -> None:
    client = await english_admin(mail)
    response = await _post(client, "/admin/accounts", address=BO, admin="1", how="password", password=NEW)
    assert response.status_code == 303
    html = await _html(await client.get(response.headers["Location"]))
    assert NEW not in html
    other = mail.site.test_client()
    assert (await _post(other, "/login", address=BO, password=NEW)).status_code == 303
    assert (await other.get("/admin")).status_code == 403


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"address": "nobody"}, "address"),
        ({"address": "a@localhost"}, "address"),
        ({"address": ANN}, "address"),
        ({"address": BO, "how": "password", "password": "short"}, "password"),
    ],
)
async def test_what_is_wrong_with_a_new_account_stands_at_its_field(
    mail: Mail, form: dict[str, str], field: str
) -> None:
    client = await english_admin(mail)
    response = await _post(client, "/admin/accounts", **form)
    html = await _html(response)
    assert response.status_code == 422
    assert f'id="{field}-error"' in html
    assert f'value="{form["address"]}"' in html


async def test_disabling_throws_out_and_enabling_lets_in_again(mail: Mail) -> None:
    client, ann = await english_admin(mail), await mail.client(ANN)
    assert (await _post(client, "/admin/account-states", account=str(mail.ann), active="0")).status_code == 200
    assert (await ann.get("/mail/inbox")).status_code == 303
    assert (await _post(ann, "/login", address=ANN, password=PASSWORD)).status_code == 401
    await mail.delivery.check_recipient(ANN)
    await _post(client, "/admin/account-states", account=str(mail.ann), active="1")
    assert (await _post(ann, "/login", address=ANN, password=PASSWORD)).status_code == 303


async def test_a_password_reset_throws_out_but_not_the_admin_who_changes_their_own(mail: Mail) -> None:
    client, ann = await english_admin(mail), await mail.client(ANN)
    await _post(client, "/admin/account-passwords", account=str(mail.ann), how="password", password=NEW)
    assert (await ann.get("/mail/inbox")).status_code == 303
    assert (await _post(ann, "/login", address=ANN, password=NEW)).status_code == 303
    own = await _post(client, "/admin/account-passwords", account=str(mail.lin), how="password", password=NEW)
    assert own.status_code == 200
    assert (await client.get("/admin/accounts")).status_code == 200


async def test_the_last_admin_cannot_be_demoted_disabled_erased_or_locked_out(mail: Mail) -> None:
    client, lin = await english_admin(mail), str(mail.lin)
    for path, form in (
        ("/admin/account-roles", {"admin": "0"}),
        ("/admin/account-states", {"active": "0"}),
        ("/admin/account-deletions", {"mail": "keep"}),
        ("/admin/account-deletions", {"mail": "erase", "confirm": LIN}),
        ("/admin/account-passwords", {"how": "link"}),
    ):
        response = await _post(client, path, account=lin, **form)
        assert response.status_code == 422, path
        assert "last administrator" in await _html(response)
    assert (await client.get("/admin/accounts")).status_code == 200


async def test_an_admin_who_demotes_themselves_is_led_to_the_mail(mail: Mail) -> None:
    client = await english_admin(mail)
    await _post(client, "/admin/account-roles", account=str(mail.ann), admin="1")
    response = await _post(client, "/admin/account-roles", account=str(mail.lin), admin="0")
    assert (response.status_code, response.headers["Location"]) == (303, "/mail/inbox")
    assert (await client.get("/admin/accounts")).status_code == 404


async def test_sessions_are_ended_from_afar(mail: Mail) -> None:
    client, ann = await english_admin(mail), await mail.client(ANN)
    html = await _html(await _post(client, "/admin/account-session-ends", account=str(mail.ann)))
    assert "Logged in nowhere." in html
    assert (await ann.get("/mail/inbox")).status_code == 303


async def test_tokens_are_revoked_at_once(mail: Mail) -> None:
    client = await english_admin(mail)
    secret, _ = await mail.context.tokens.add(mail.ann, NewToken(("read",), (), "script", None))
    assert await mail.context.tokens.holder(secret) is not None
    assert "1 token of a script" in await _html(await client.get(f"/admin/accounts/{mail.ann}"))
    html = await _html(await _post(client, "/admin/account-token-ends", account=str(mail.ann)))
    assert "end-tokens" not in html
    assert await mail.context.tokens.holder(secret) is None


async def test_mail_is_erased_only_when_the_address_is_typed(mail: Mail) -> None:
    client, ann = await english_admin(mail), str(mail.ann)
    await mail.deliver(b"Subject: x\r\n\r\nx", ANN)
    wrong = await _post(client, "/admin/account-deletions", account=ann, mail="erase", confirm=LIN)
    assert wrong.status_code == 422
    assert 'id="confirm-error"' in await _html(wrong)
    begun = await _post(client, "/admin/account-deletions", account=ann, mail="erase", confirm=f" {ANN.upper()} ")
    html = await _html(begun)
    assert 'hx-trigger="every 2s"' in html
    assert "account-roles" not in html
    with pytest.raises(PermanentFailure):
        await mail.delivery.check_recipient(f"nobody@else.{DOMAIN}")
    assert (await _post(client, "/admin/account-states", account=ann, active="1")).status_code == 404
    await mail.context.accounts._erasing.erase_all()
    gone = await client.get(f"/admin/accounts/{ann}", headers=FRAGMENT)
    assert gone.headers["HX-Redirect"] == "/admin/accounts?erased=1"
    assert (await client.get(f"/admin/accounts/{ann}")).status_code == 404


async def test_keeping_the_mail_disables(mail: Mail) -> None:
    client = await english_admin(mail)
    await _post(client, "/admin/account-deletions", account=str(mail.ann), mail="keep")
    found = await mail.context.database.read(account_list.get, mail.ann, 0)
    assert found is not None
    assert (found.state, found.erasing) == ("disabled", False)


async def test_fragments_get_the_piece_alone_refusals_included(mail: Mail) -> None:
    client = await english_admin(mail)
    headers = {**SAME_ORIGIN, **FRAGMENT}
    form = {"account": str(mail.lin), "admin": "0"}
    response = await client.post("/admin/account-roles", form=form, headers=headers)
    html = await _html(response)
    assert response.status_code == 200  # htmx shows no other
    assert html.startswith('<div id="account"')
    assert "last administrator" in html


@pytest.mark.parametrize(
    "path",
    ["passwords", "states", "roles", "quotas", "session-ends", "token-ends", "deletions"],
)
async def test_unknown_accounts_are_not_found(mail: Mail, path: str) -> None:
    client = await english_admin(mail)
    form = {"password": NEW, "active": "1", "admin": "1", "mail": "erase", "confirm": "x"}
    for account in ("999", "0", "x", ""):
        response = await client.post(f"/admin/account-{path}", form={**form, "account": account}, headers=SAME_ORIGIN)
        assert response.status_code == 404


async def test_a_typed_password_is_never_repeated_when_the_second_step_has_ended(mail: Mail) -> None:
    client = await mail.client()
    form = {"account": str(mail.ann), "how": "password", "password": NEW}
    asked = await client.post("/admin/account-passwords", form=form, headers=SAME_ORIGIN)
    assert asked.status_code == 403
    html = await _html(asked)
    assert NEW not in html
    assert 'name="account"' in html


async def test_a_quota_is_set_shown_and_taken_away(mail: Mail) -> None:
    await mail.deliver(b"Subject: x\r\n\r\n" + b"x" * 4_000, ANN)
    client, ann = await english_admin(mail), str(mail.ann)
    html = await _html(await _post(client, "/admin/account-quotas", account=ann, quota="5 KB"))
    assert "It may hold 5 KB." in html
    assert 'value="5 KB"' in html
    assert "80 % of 5 KB" in await _html(await client.get("/admin/accounts"))
    await mail.deliver(b"Subject: x\r\n\r\n" + b"x" * 1_000, ANN)
    with pytest.raises(TemporaryFailure, match="full"):
        await mail.delivery.check_recipient(ANN)
    html = await _html(await _post(client, "/admin/account-quotas", account=ann, quota=""))
    assert "No limit." in html
    await mail.delivery.check_recipient(ANN)


async def test_what_is_no_size_is_refused_and_stays_typed(mail: Mail) -> None:
    client = await english_admin(mail)
    response = await _post(client, "/admin/account-quotas", account=str(mail.ann), quota="a lot")
    html = await _html(response)
    assert response.status_code == 422
    assert 'id="quota-error"' in html
    assert 'value="a lot"' in html

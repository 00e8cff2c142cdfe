"""Registration by invitation: switched off nobody gets in by a link; domains and a number bound what is made."""

import re

import pytest
from quart import Response
from quart.testing import QuartClient

from mailapp.store import accounts, audit
from tests.conftest import DOMAIN
from tests.web.admins import english_admin
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail

NEW = "another sentence to remember"
BO, MEI = f"bo@{DOMAIN}", f"mei@{DOMAIN}"


async def _post(client: QuartClient, path: str, **form: str) -> tuple[int, str]:
    response: Response = await client.post(path, form=form, headers=SAME_ORIGIN)
    return response.status_code, str(await response.get_data(as_text=True))


async def _set(client: QuartClient, on: str = "1", domains: str = "", most: str = "") -> tuple[int, str]:
    form = {"group": "invitations", "invitations": on, "invitation_domains": domains, "invitations_most": most}
    return await _post(client, "/admin/settings", **form)


async def _invite(client: QuartClient, address: str) -> str:
    """The token of a link that was made."""
    status, html = await _post(client, "/admin/accounts", address=address, how="link")
    assert status == 200, html
    found = re.search(r"/join\?token=([^<]+)</code>", html)
    assert found is not None
    return found[1]


async def _opened(mail: Mail, token: str) -> tuple[int, str]:
    client = mail.site.test_client()
    client.set_cookie("localhost", "language", "en")
    response = await client.get(f"/join?token={token}")
    return response.status_code, str(await response.get_data(as_text=True))


async def test_switched_off_no_link_is_made_and_none_lets_anybody_in(mail: Mail) -> None:
    client = await english_admin(mail)
    token = await _invite(client, BO)
    assert (await _set(client, "0"))[0] == 200
    status, html = await _opened(mail, token)
    assert (status, "switched registration by invitation off" in html) == (403, True)
    someone = mail.site.test_client()
    assert (await _post(someone, "/join", token=token, password=NEW))[0] == 403
    status, html = await _post(client, "/admin/accounts", address=MEI, how="link")
    assert (status, "Registration by invitation is off" in html) == (422, True)
    assert await mail.context.database.read(accounts.by_address, MEI) is None
    bo = await mail.context.database.read(accounts.by_address, BO)
    assert bo is not None
    assert (await _post(client, "/admin/account-passwords", account=str(bo.id), how="link"))[0] == 422
    form = str(await (await client.get("/admin/accounts?new=1")).get_data(as_text=True))
    assert 'value="link" disabled' in form
    assert (await _post(client, "/admin/accounts", address=MEI, how="password", password=NEW))[0] == 303

    await _set(client, "1")  # the link was not used up
    assert (await _opened(mail, token))[0] == 200
    assert (await _post(someone, "/join", token=token, password=NEW))[0] == 303


async def test_a_new_password_for_somebody_who_is_here_is_no_registration(mail: Mail) -> None:
    client = await english_admin(mail)
    await mail.client(ANN)
    await _set(client, "0")
    status, html = await _post(client, "/admin/account-passwords", account=str(mail.ann), how="link")
    found = re.search(r"/join\?token=([^<]+)</code>", html)
    assert (status, found is not None) == (200, True)
    assert found is not None
    assert (await _post(mail.site.test_client(), "/join", token=found[1], password=NEW))[0] == 303


async def test_only_to_the_domains_that_were_named(mail: Mail) -> None:
    client = await english_admin(mail)
    assert (await _set(client, domains=f"@{DOMAIN.upper()}"))[0] == 200
    await _invite(client, BO)
    status, html = await _post(client, "/admin/accounts", address="x@other.example", how="link")
    assert (status, "Nobody is invited to other.example" in html) == (422, True)
    status, html = await _set(client, domains="other.example <b>")
    assert (status, "“other.example” is none of your domains." in html) == (422, True)
    assert ">other.example &lt;b&gt;</textarea>" in html


async def test_no_more_links_are_out_than_there_may_be(mail: Mail) -> None:
    client = await english_admin(mail)
    assert (await _set(client, most="1"))[0] == 200
    token = await _invite(client, BO)
    status, html = await _post(client, "/admin/accounts", address=MEI, how="link")
    assert (status, "1 invitations are out already" in html) == (422, True)
    bo = await mail.context.database.read(accounts.by_address, BO)
    assert bo is not None
    status, html = await _post(client, "/admin/account-passwords", account=str(bo.id), how="link")
    assert status == 200  # in the place of the one before
    assert (await _opened(mail, token))[0] == 410
    newer = re.search(r"/join\?token=([^<]+)</code>", html)
    assert newer is not None
    assert (await _post(mail.site.test_client(), "/join", token=newer[1], password=NEW))[0] == 303
    await _invite(client, MEI)


@pytest.mark.parametrize(("field", "value"), [("most", "-1"), ("most", "many"), ("most", "99999"), ("on", "perhaps")])
async def test_what_cannot_be_is_refused(mail: Mail, field: str, value: str) -> None:
    client = await english_admin(mail)
    assert (await _set(client, **{field: value}))[0] == 422
    assert await mail.context.database.read(audit.page, 0, 1) == []


async def test_each_change_is_in_the_audit_log(mail: Mail) -> None:
    client = await english_admin(mail)
    await _set(client, "0", DOMAIN, "5")
    entry = (await mail.context.database.read(audit.page, 0, 1))[0]
    assert (entry.who, entry.what) == (LIN, "setting.changed")
    assert entry.to == f"invitations: 0\ninvitation_domains: {DOMAIN}\ninvitations_most: 5"

"""The door of the admin pages: admins only, with their password once more."""

import re
from dataclasses import replace

import pytest

from mailapp.web.context import EXTENSION
from tests.conftest import PASSWORD
from tests.web.admins import FORM, admin, stored
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail

PATHS = [
    "/admin",
    "/admin/relays",
    "/admin/relays/new",
    "/admin/relays/1",
    "/admin/domain-checks",
    "/admin/addresses",
    "/admin/addresses/one",
    "/admin/address-states",
    "/admin/address-targets",
    "/admin/address-deletions",
    "/admin/domains",
    "/admin/domain-catch-alls",
    "/admin/domain-deletions",
    "/admin/accounts",
    "/admin/accounts/1",
    "/admin/account-passwords",
    "/admin/account-states",
    "/admin/account-roles",
    "/admin/account-session-ends",
    "/admin/account-token-ends",
    "/admin/account-deletions",
    "/admin/receiving",
    "/admin/overview/events",
    "/admin/metrics-tokens",
    "/admin/refused-addresses",
    "/admin/refused-address-dismissals",
    "/admin/no-such-page",
]


@pytest.mark.parametrize("path", PATHS)
async def test_members_find_nothing_under_admin(mail: Mail, path: str) -> None:
    client = await mail.client(ANN)
    assert (await client.get(path)).status_code == 404
    assert (await client.post(path, headers=SAME_ORIGIN)).status_code == 404
    assert (await client.post("/admin/session", form={"password": PASSWORD}, headers=SAME_ORIGIN)).status_code == 404
    assert "/admin" not in await (await client.get("/mail/inbox")).get_data(as_text=True)


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_session_admin_pages_lead_to_the_login(mail: Mail, path: str) -> None:
    response = await mail.site.test_client().get(path)
    assert response.status_code == 303
    assert response.headers["Location"].startswith("/login")


async def test_an_admin_is_asked_for_the_password_once_and_led_on(mail: Mail) -> None:
    client = await mail.client()
    assert 'href="/admin"' in await (await client.get("/mail/inbox")).get_data(as_text=True)
    asked = await client.get("/admin/relays/new?preset=sendgrid")
    assert asked.status_code == 403
    html = await asked.get_data(as_text=True)
    assert 'action="/admin/session"' in html
    assert 'name="next" value="/admin/relays/new?preset=sendgrid"' in html
    assert "smtp.sendgrid.net" not in html
    form = {"password": PASSWORD, "next": "/admin/relays/new?preset=sendgrid"}
    response = await client.post("/admin/session", form=form, headers=SAME_ORIGIN)
    assert (response.status_code, response.headers["Location"]) == (303, "/admin/relays/new?preset=sendgrid")
    assert "smtp.sendgrid.net" in await (await client.get(response.headers["Location"])).get_data(as_text=True)
    assert (await client.get("/admin")).status_code == 200


@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example/admin", "/mail/inbox", "/administration"]
)
async def test_the_second_step_leads_to_admin_pages_only(mail: Mail, following: str) -> None:
    client = await mail.client()
    form = {"password": PASSWORD, "next": following}
    response = await client.post("/admin/session", form=form, headers=SAME_ORIGIN)
    assert response.headers["Location"] == "/admin"


async def test_the_second_step_counts_for_one_session_and_a_quarter_of_an_hour(mail: Mail) -> None:
    now = [1_000_000.0]
    held = mail.site.extensions[EXTENSION]
    held.context = replace(mail.context, clock=lambda: now[0])
    client = await admin(mail)
    assert (await client.get("/admin/relays")).status_code == 200
    assert (await (await mail.client()).get("/admin/relays")).status_code == 403
    now[0] += 899
    assert (await client.get("/admin/relays")).status_code == 200
    now[0] += 1
    assert (await client.get("/admin/relays")).status_code == 403
    now[0] -= 4_000
    assert (await client.get("/admin/relays")).status_code == 403


async def test_the_second_step_ends_with_its_session(mail: Mail) -> None:
    client = await admin(mail)
    await client.post("/logout", headers=SAME_ORIGIN)
    assert (await client.get("/admin/relays")).status_code == 303
    response = await client.post("/login", form={"address": LIN, "password": PASSWORD}, headers=SAME_ORIGIN)
    assert response.status_code == 303
    assert (await client.get("/admin/relays")).status_code == 403


async def test_guesses_at_the_password_have_to_wait(mail: Mail) -> None:
    client = await mail.client()
    statuses = []
    for each in range(12):
        form = {"password": f"wrong password {each}"}
        response = await client.post("/admin/session", form=form, headers=SAME_ORIGIN)
        statuses.append(response.status_code)
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert int(response.headers["Retry-After"]) > 0
    right = await client.post("/admin/session", form={"password": PASSWORD}, headers=SAME_ORIGIN)
    assert right.status_code == 429
    assert (await client.get("/admin/relays")).status_code == 403


async def test_a_form_that_comes_too_late_goes_on_with_the_password_but_never_repeats_a_secret(mail: Mail) -> None:
    client = await mail.client()
    asked = await client.post("/admin/relays", form=FORM, headers=SAME_ORIGIN)
    assert asked.status_code == 403
    html = await asked.get_data(as_text=True)
    assert 'action="/admin/relays"' in html
    assert 'name="host" value="smtp.sendgrid.net"' in html
    assert FORM["secret"] not in html
    wrong = await client.post("/admin/relays", form={**FORM, "admin_password": "a guess"}, headers=SAME_ORIGIN)
    assert wrong.status_code == 401
    right = await client.post("/admin/relays", form={**FORM, "admin_password": PASSWORD}, headers=SAME_ORIGIN)
    assert right.status_code == 303
    assert (await stored(mail, 1)).name == "SendGrid"


async def test_a_fragment_too_late_reloads_its_page(mail: Mail) -> None:
    client = await mail.client()
    page = {"HX-Current-URL": "http://localhost/admin/relays/7"}
    response = await client.get("/admin/domain-checks", headers={**FRAGMENT, **page})
    assert (response.status_code, response.headers["HX-Redirect"]) == (403, "/admin/relays/7")


async def test_a_member_finds_no_admin_page_by_any_method(mail: Mail) -> None:
    client, tried = await mail.client(ANN), 0
    for rule in await mail.site.rules():
        if rule.rule == "/admin" or rule.rule.startswith("/admin/"):
            path = re.sub("<[^>]+>", "1", rule.rule)
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                response = await client.open(path, method=method, headers=SAME_ORIGIN)
                assert response.status_code == 404, f"{method} {path}"
                tried += 1
    assert tried > 100

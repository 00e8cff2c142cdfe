"""The page of access tokens: made and shown once, listed, revoked; ended with the password where that is wanted."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from mailapp.store import tokens
from mailapp.store.tokens import NewToken
from tests.conftest import PASSWORD
from tests.web.conftest import ANN, SAME_ORIGIN, Mail

FORM = {"name": "the till", "scope": "read", "addresses": "", "days": "30"}
SECRET = re.compile(r"mailapp_[\w-]{43}")


async def post(client: Any, form: dict[str, Any]) -> Any:
    """A form whose fields may come several times."""
    headers = {**SAME_ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    return await client.post("/tokens", data=urlencode(form, doseq=True), headers=headers)


async def page_of(client: object, path: str = "/tokens") -> str:
    return str(await (await client.get(path)).get_data(as_text=True))  # type: ignore[attr-defined]


async def test_a_token_is_made_and_shown_once(mail: Mail) -> None:
    client = await mail.client()
    form = {**FORM, "scope": ["codes", "read"], "addresses": "Shop@Yuanye.Example， a@yuanye.example"}
    made = await post(client, form)
    shown = await made.get_data(as_text=True)
    assert made.headers["Cache-Control"] == "no-store"
    (secret,) = SECRET.findall(shown)
    assert SECRET.findall(await page_of(client)) == []
    holder = await mail.context.tokens.holder(secret)
    assert holder is not None
    assert (holder.account.id, holder.token.scopes) == (mail.lin, ("read", "codes"))
    assert holder.token.addresses == ("shop@yuanye.example", "a@yuanye.example")
    assert holder.token.expires_at is not None
    listed = await page_of(client)
    assert "the till" in listed
    assert "shop@yuanye.example" in listed


async def test_a_token_is_revoked_by_its_owner_alone(mail: Mail) -> None:
    secret, token = await mail.context.tokens.add(mail.lin, NewToken(("read",)))
    ann = await mail.client(ANN)
    assert (await ann.post("/token-ends", form={"token": str(token.id)}, headers=SAME_ORIGIN)).status_code == 404
    assert await mail.context.tokens.holder(secret) is not None
    lin = await mail.client()
    done = await lin.post("/token-ends", form={"token": str(token.id)}, headers=SAME_ORIGIN)
    assert (done.status_code, done.headers["Location"]) == (303, "/tokens")
    assert await mail.context.tokens.holder(secret) is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"scope": []}, 422),
        ({"addresses": "nonsense"}, 422),
        ({"addresses": ",".join(f"a{n}@x.example" for n in range(51))}, 422),
        ({"scope": "admin"}, 400),
        ({"days": "31"}, 400),
    ],
)
async def test_what_cannot_be_is_said_and_makes_nothing(mail: Mail, fields: dict[str, object], status: int) -> None:
    client = await mail.client()
    done = await post(client, {**FORM, **fields})
    assert done.status_code == status
    assert await mail.context.database.read(tokens.of_account, mail.lin) == []


async def test_an_account_may_have_so_many_tokens(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST", 1)
    client = await mail.client()
    assert (await client.post("/tokens", form=FORM, headers=SAME_ORIGIN)).status_code == 200
    assert (await client.post("/tokens", form=FORM, headers=SAME_ORIGIN)).status_code == 422


async def test_other_sites_and_strangers_make_no_tokens(mail: Mail) -> None:
    client = await mail.client()
    assert (await client.post("/tokens", form=FORM, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await mail.site.test_client().post("/tokens", form=FORM, headers=SAME_ORIGIN)).status_code == 303
    assert await mail.context.database.read(tokens.of_account, mail.lin) == []


@pytest.mark.parametrize(("more", "stands"), [({}, True), ({"revoke_tokens": "1"}, False)])
async def test_a_new_password_ends_tokens_where_that_is_wanted(mail: Mail, more: dict[str, str], stands: bool) -> None:
    secret, _ = await mail.context.tokens.add(mail.lin, NewToken(("read",)))
    client = await mail.client()
    assert 'name="revoke_tokens"' in await page_of(client, "/settings")
    form = {"password": PASSWORD, "new_password": "another sentence to remember", **more}
    assert (await client.post("/settings", form=form, headers=SAME_ORIGIN)).status_code == 303
    assert (await mail.context.tokens.holder(secret) is not None) is stands


async def test_settings_lead_to_the_tokens(mail: Mail) -> None:
    client = await mail.client()
    page = await page_of(client, "/settings")
    assert 'href="/tokens"' in page
    assert 'name="revoke_tokens"' not in page  # there are none to revoke

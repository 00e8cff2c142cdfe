"""The set-up page of the first start."""

from mailapp.events import Bus
from mailapp.store import accounts, addresses
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.web.site import create_site
from tests.conftest import make_account
from tests.web.conftest import SAME_ORIGIN, context_of

FORM = {
    "local": "Lin",
    "domain": "Yuanye.Example",
    "name": "林越",
    "password": "a sentence is best remembered",
    "catch_all": "1",
}


def make(database: Database, bus: Bus, config):  # type: ignore[no-untyped-def]
    context = context_of(database, bus, config, MessageIds())
    return context, create_site(context).test_client()


async def test_the_link_makes_an_admin_and_dies(database: Database, bus: Bus, config) -> None:  # type: ignore[no-untyped-def]
    context, client = make(database, bus, config)
    token = await context.signing_in.offer_setup()
    page = await client.get(f"/setup?token={token}")
    assert page.status_code == 200
    assert config.hostname in await page.get_data(as_text=True)
    for wrong in ({"password": "short"}, {"domain": "nonsense"}, {"local": "a b"}):
        response = await client.post("/setup", form={**FORM, "token": token, **wrong}, headers=SAME_ORIGIN)
        assert response.status_code == 422, wrong
    assert (await client.post("/setup", form={**FORM, "token": "x"}, headers=SAME_ORIGIN)).status_code == 404
    done = await client.post("/setup", form={**FORM, "token": token}, headers=SAME_ORIGIN)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert (await client.get("/mail/inbox")).status_code == 200
    account = await database.read(accounts.by_address, "lin@yuanye.example")
    assert account is not None
    assert account.is_admin
    assert await database.read(addresses.route, "anything", "anything", "yuanye.example") == (account.id,)
    assert (await client.get(f"/setup?token={token}")).status_code == 404
    assert (await client.post("/setup", form={**FORM, "token": token}, headers=SAME_ORIGIN)).status_code == 404


async def test_the_link_dies_with_an_account_made_otherwise(database: Database, bus: Bus, config) -> None:  # type: ignore[no-untyped-def]
    context, client = make(database, bus, config)
    token = await context.signing_in.offer_setup()
    await make_account(database, "ann@yuanye.example")
    assert (await client.get(f"/setup?token={token}")).status_code == 404
    assert (await client.post("/setup", form={**FORM, "token": token}, headers=SAME_ORIGIN)).status_code == 404

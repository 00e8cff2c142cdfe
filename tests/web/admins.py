"""An admin past the second step, and relays to set up."""

from dataclasses import replace
from typing import Any

from quart.testing import QuartClient

from mailapp.flow.relaying import Relaying
from mailapp.seal import Seal
from mailapp.store import relays
from mailapp.web.context import EXTENSION
from tests.conftest import PASSWORD
from tests.relays import Relay
from tests.web.conftest import LIN, SAME_ORIGIN, Mail

SECRET = "SG.a-secret-of-the-relay"
FORM = {
    "preset": "sendgrid",
    "name": "SendGrid",
    "host": "smtp.sendgrid.net",
    "port": "587",
    "security": "starttls",
    "auth": "auto",
    "username": "apikey",
    "secret": SECRET,
    "sender_domains": "",
    "daily_limit": "100",
    "active": "1",
}


async def admin(mail: Mail, address: str = LIN) -> QuartClient:
    """A browser whose second step is made."""
    client = await mail.client(address)
    response = await client.post("/admin/session", form={"password": PASSWORD}, headers=SAME_ORIGIN)
    assert response.status_code == 303
    return client


async def given_relay(client: QuartClient, **changes: str) -> int:
    """A relay set up on the page; its id."""
    response = await client.post("/admin/relays", form={**FORM, **changes}, headers=SAME_ORIGIN)
    assert response.status_code == 303, await response.get_data(as_text=True)
    return int(response.headers["Location"].rpartition("/")[2].partition("?")[0])


def toward(relay: Relay) -> dict[str, str]:
    """The form's fields for a fake relay."""
    security = {"implicit": "tls"}.get(relay.tls, relay.tls)
    return {"preset": "custom", "host": "127.0.0.1", "port": str(relay.port), "security": security}


def trusting(mail: Mail, relay: Relay | None = None, **changes: Any) -> None:
    """Let the site trust a fake relay's certificate; `changes` go to Relaying."""
    context = mail.context
    if relay is not None:
        changes["tls"] = relay.trust
    relaying = Relaying(
        context.database, context.bus, Seal(context.config.key_file), context.config.hostname, **changes
    )
    held = mail.site.extensions[EXTENSION]
    mail.context = held.context = replace(context, relaying=relaying)


async def stored(mail: Mail, relay_id: int) -> relays.Relay:
    found = await mail.context.database.read(relays.get, relay_id)
    assert found is not None
    return found


async def english_admin(mail: Mail) -> QuartClient:
    """The same, reading English."""
    client = await admin(mail)
    client.set_cookie("localhost", "language", "en")
    return client

"""POST /relay-events: signed by the service instead of same-origin; the status of sent mail moves on."""

import json
import sqlite3
from dataclasses import dataclass, replace

import pytest
from quart import Response

from mailapp.events import Changed
from mailapp.store import queue, relays
from mailapp.store.queue import Outcome
from tests.flow.test_relay_events import KEY, NOW, signature
from tests.store.queued import submit
from tests.web.admins import admin, given_relay, trusting
from tests.web.conftest import Mail

ADDRESS = "zhou@bei.example"
NOW_MS = int(NOW * 1_000)


def told(event: str = "delivered", **more: str) -> bytes:
    fields = {"event": event, "email": ADDRESS, "smtp-id": "<1@yuanye.example>", "response": "250 2.0.0 OK", **more}
    return json.dumps([fields]).encode()


@dataclass
class Told:
    """A relay whose events are taken, and a mail it accepted."""

    mail: Mail
    relay_id: int
    message_id: int

    async def post(
        self, body: bytes, *, at: float = NOW, relay_id: int = 0, headers: dict[str, str] | None = None
    ) -> Response:
        stamp = str(int(at))
        signed = {
            "X-Twilio-Email-Event-Webhook-Signature": signature(body, stamp),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
            "Content-Type": "application/json",
            **(headers or {}),
        }
        client = self.mail.site.test_client()
        return await client.post(f"/relay-events/{relay_id or self.relay_id}", data=body, headers=signed)

    async def state(self) -> str:
        item = await self.mail.context.database.read(queue.of_message, self.mail.lin, self.message_id)
        assert item is not None
        return item.recipients[0].state


@pytest.fixture
async def service(mail: Mail) -> Told:
    client = await admin(mail)
    relay_id = await given_relay(client, events_key=KEY)
    trusting(mail, clock=lambda: NOW)
    sent = await submit(mail.context.database, mail.lin, ADDRESS)

    def accept(db: sqlite3.Connection) -> None:
        (claim,) = queue.due(db, NOW_MS + 10, 10)
        outcome = Outcome(claim.recipients[0].id, "sent", 250, "2.0.0", "queued", "SendGrid", 10, 0, True)
        queue.settle(db, [outcome], NOW_MS + 20)

    await mail.context.database.write(accept)
    return Told(mail, relay_id, sent.message_id)


async def test_delivered_moves_the_status_on_and_tells_the_page(service: Told) -> None:
    assert await service.state() == "sent"
    with service.mail.context.bus.subscribe(service.mail.lin) as heard:
        response = await service.post(told())
        assert response.status_code == 204
        event = heard.queue.get_nowait()
        assert isinstance(event, Changed)
        assert event.message_ids == (service.message_id,)
    assert await service.state() == "delivered"
    assert (await service.post(told("bounce", response="550 5.1.1 no"))).status_code == 204
    assert await service.state() == "failed"
    assert (await service.post(told())).status_code == 204
    assert await service.state() == "failed", "never back"


@pytest.mark.parametrize(
    ("event", "state"), [("bounce", "failed"), ("dropped", "failed"), ("deferred", "sent"), ("open", "sent")]
)
async def test_each_event_does_what_it_means(service: Told, event: str, state: str) -> None:
    assert (await service.post(told(event))).status_code == 204
    assert await service.state() == state


async def test_a_request_nobody_signed_changes_nothing(service: Told) -> None:
    body = told()
    wrong = {"X-Twilio-Email-Event-Webhook-Signature": signature(b"other", str(int(NOW)))}
    for response in (
        await service.post(body, headers=wrong),
        await service.post(body, at=NOW - 700),
        await service.post(body, at=NOW + 700),
        await service.post(body, relay_id=99),
        await service.mail.site.test_client().post(f"/relay-events/{service.relay_id}", data=body),
    ):
        assert response.status_code == 403
    assert await service.state() == "sent"


async def test_a_relay_that_was_renamed_still_finds_its_mail(service: Told) -> None:
    database = service.mail.context.database
    relay = await database.read(relays.get, service.relay_id)
    assert relay is not None
    await database.write(relays.update, replace(relay, name="Renamed"))
    assert (await service.post(told())).status_code == 204
    assert await service.state() == "delivered"


async def test_a_relay_says_nothing_about_mail_of_another(service: Told) -> None:
    relay = relays.Relay(name="Other", host="smtp.other.example", port=587, security="starttls", events_key=KEY)
    other = await service.mail.context.database.write(relays.add, relay, NOW_MS)
    assert (await service.post(told("bounce"), relay_id=other)).status_code == 204
    assert await service.state() == "sent"


async def test_it_is_taken_from_another_origin_but_no_session_counts_there(service: Told) -> None:
    foreign = {"Origin": "https://sendgrid.example", "Sec-Fetch-Site": "cross-site", "Cookie": "session=x"}
    assert (await service.post(told(), headers=foreign)).status_code == 204
    client = await service.mail.client()
    assert (await client.post(f"/relay-events/{service.relay_id}", data=b"[]")).status_code == 403
    assert (await client.post("/settings", form={}, headers={"Origin": "https://evil.example"})).status_code == 403


async def test_what_is_too_long_or_no_list_is_refused(service: Told) -> None:
    assert (await service.post(b"{}")).status_code == 400
    filler = json.dumps([{"event": "open", "pad": "x" * 900_000}]).encode()
    assert (await service.post(filler)).status_code == 204
    assert (await service.post(b"[" + b" " * 1_100_000 + b"]")).status_code == 413
    assert (await service.mail.site.test_client().get(f"/relay-events/{service.relay_id}")).status_code == 405


async def test_a_relay_without_a_key_takes_no_events(mail: Mail) -> None:
    client = await admin(mail)
    relay_id = await given_relay(client)
    service = Told(mail, relay_id, 0)
    assert (await service.post(told())).status_code == 403

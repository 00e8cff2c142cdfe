"""Relays on the admin pages: set up, changed, ordered, removed, tried out; a secret goes in and never comes out."""

import re

import pytest

from mailapp.events import QUEUE, QueueChanged
from mailapp.flow.relay_dns import NoAnswer, NoName, NoSuchRecord
from tests.relays import fake_relay
from tests.web.admins import FORM, SECRET, admin, given_relay, stored, toward, trusting
from tests.web.conftest import FRAGMENT, LIN, SAME_ORIGIN, Mail


async def test_a_relay_is_set_up_from_a_preset_and_its_secret_is_sealed(mail: Mail) -> None:
    client = await admin(mail)
    page = await (await client.get("/admin/relays/new?preset=sendgrid")).get_data(as_text=True)
    assert 'value="smtp.sendgrid.net"' in page
    assert 'value="apikey"' in page
    with mail.context.bus.subscribe(QUEUE) as told:
        relay_id = await given_relay(client)
        assert told.queue.get_nowait() == QueueChanged()
    relay = await stored(mail, relay_id)
    assert (relay.host, relay.port, relay.security, relay.username) == ("smtp.sendgrid.net", 587, "starttls", "apikey")
    assert (relay.preset, relay.daily_limit, relay.is_active) == ("sendgrid", 100, True)
    assert SECRET.encode() not in relay.secret
    for path in ("/admin/relays", f"/admin/relays/{relay_id}", f"/admin/relays/{relay_id}?saved=1"):
        response = await client.get(path)
        assert response.status_code == 200
        html = await response.get_data(as_text=True)
        assert "SendGrid" in html
        assert SECRET not in html
        assert response.headers["Cache-Control"] == "no-store"
    assert mail.context.config.key_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "no host"}, "host"),
        ({"port": "99999"}, "port"),
        ({"port": "smtp"}, "port"),
        ({"security": "none"}, "security"),
        ({"security": "maybe"}, "security"),
        ({"auth": "cram"}, "auth"),
        ({"secret": ""}, "secret"),
        ({"sender_domains": "not a@domain"}, "sender_domains"),
        ({"daily_limit": "many"}, "daily_limit"),
        ({"name": "x" * 61}, "name"),
        ({"name": "local"}, "name"),
        ({"events_key": "bm9uZQ=="}, "events_key"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    mail: Mail, changes: dict[str, str], field: str
) -> None:
    client = await admin(mail)
    response = await client.post("/admin/relays", form={**FORM, **changes}, headers=SAME_ORIGIN)
    assert response.status_code == 422
    html = await response.get_data(as_text=True)
    assert f'id="{field}-error"' in html
    assert re.search(f'name="{field}"[^>]*aria-invalid="true"', html)
    assert SECRET not in html
    if "username" not in changes:
        assert 'value="apikey"' in html


async def test_a_change_keeps_the_secret_but_another_server_does_not_get_it(mail: Mail) -> None:
    client = await admin(mail)
    relay_id = await given_relay(client)
    before = (await stored(mail, relay_id)).secret
    path = f"/admin/relays/{relay_id}"
    form = {**FORM, "secret": "", "port": "2525", "sender_domains": "Yuanye.example， b.example"}
    assert (await client.post(path, form=form, headers=SAME_ORIGIN)).status_code == 303
    relay = await stored(mail, relay_id)
    assert (relay.secret, relay.port, relay.sender_domains) == (before, 2525, ("yuanye.example", "b.example"))
    for changes in ({"host": "evil.example"}, {"security": "tls"}):
        response = await client.post(path, form={**form, **changes}, headers=SAME_ORIGIN)
        assert response.status_code == 422
        assert 'id="secret-error"' in await response.get_data(as_text=True)
    assert (await client.post(path, form={**form, "username": ""}, headers=SAME_ORIGIN)).status_code == 303
    assert (await stored(mail, relay_id)).secret == b""


async def test_relays_have_an_order_and_can_be_switched_off_and_removed(mail: Mail) -> None:
    client = await admin(mail)
    ids = [await given_relay(client, name=name) for name in ("First", "Second")]
    form = {"relay": str(ids[1]), "direction": "up"}
    assert (await client.post("/admin/relay-moves", form=form, headers=SAME_ORIGIN)).status_code == 303
    html = await (await client.get("/admin/relays")).get_data(as_text=True)
    assert html.index("Second") < html.index("First")
    off = {**FORM, "name": "Second", "secret": ""}
    del off["active"]
    assert (await client.post(f"/admin/relays/{ids[1]}", form=off, headers=SAME_ORIGIN)).status_code == 303
    assert not (await stored(mail, ids[1])).is_active
    taken = await client.post("/admin/relays", form={**FORM, "name": "First"}, headers=SAME_ORIGIN)
    assert 'id="name-error"' in await taken.get_data(as_text=True)
    response = await client.post("/admin/relay-deletions", form={"relay": str(ids[1])}, headers=SAME_ORIGIN)
    assert response.status_code == 303
    assert (await client.get(f"/admin/relays/{ids[1]}")).status_code == 404
    assert (await client.get(f"/admin/relays/{ids[0]}")).status_code == 200


async def test_without_the_key_file_the_page_asks_for_the_secret_again(mail: Mail) -> None:
    client = await admin(mail)
    relay_id = await given_relay(client)
    mail.context.config.key_file.unlink()
    html = await (await client.get("/admin/relays", headers={"Accept-Language": "en"})).get_data(as_text=True)
    assert "secret missing" in html
    page = await client.get(f"/admin/relays/{relay_id}", headers={"Accept-Language": "en"})
    assert "cannot be opened" in await page.get_data(as_text=True)
    form = {"relay": str(relay_id), "from": LIN, "to": ""}
    tried = await client.post("/admin/relay-tests", form=form, headers={**SAME_ORIGIN, "Accept-Language": "en"})
    assert "The secret cannot be opened." in await tried.get_data(as_text=True)


async def test_a_test_logs_in_sends_and_shows_the_dialogue_without_the_secret(mail: Mail) -> None:
    client = await admin(mail)
    async with fake_relay(users={"lin": SECRET}) as relay:
        trusting(mail, relay)
        relay_id = await given_relay(client, **toward(relay), username="lin")
        form = {"relay": str(relay_id), "from": LIN, "to": "ana@else.example"}
        response = await client.post("/admin/relay-tests", form=form, headers={**SAME_ORIGIN, "Accept-Language": "en"})
        html = await response.get_data(as_text=True)
        assert response.status_code == 200
        for shown in ("EHLO mail.yuanye.example", "STARTTLS", "AUTH", "***", "RCPT TO:", "The relay took the mail."):
            assert shown in html
        assert SECRET not in html
        await relay.received(1)
        message = relay.messages[0]
        assert (message.reverse_path, message.recipients) == (LIN, ("ana@else.example",))
        assert b"Auto-Submitted: auto-generated" in message.content


async def test_with_scripts_the_steps_are_streamed(mail: Mail) -> None:
    client = await admin(mail)
    async with fake_relay(users={"lin": SECRET}) as relay:
        trusting(mail, relay)
        relay_id = await given_relay(client, **toward(relay), username="lin")
        form = {"relay": str(relay_id), "from": LIN, "to": ""}
        response = await client.post("/admin/relay-tests", form=form, headers={**SAME_ORIGIN, **FRAGMENT})
        assert response.mimetype == "text/event-stream"
        frames = (await response.get_data(as_text=True)).split("\n\n")
        assert len(frames) > 6
        assert "#relay-test" in frames[0]
        assert "EHLO" in "".join(frames[1:4])
        assert "verdict good" in frames[-2]
        assert SECRET not in "".join(frames)


@pytest.mark.parametrize(
    ("options", "user", "says"),
    [
        ({"users": {"lin": "other"}}, "lin", "does not accept user name and secret"),
        ({"certificate": "wrong name", "users": {"lin": SECRET}}, "lin", "made out to another name"),
        ({"certificate": "untrusted", "users": {"lin": SECRET}}, "lin", "is not trusted"),
        ({"tls": "none", "users": {"lin": SECRET}}, "lin", "offers no encryption"),
    ],
)
async def test_what_goes_wrong_is_said_in_plain_words(
    mail: Mail, options: dict[str, object], user: str, says: str
) -> None:
    client = await admin(mail)
    async with fake_relay(**options) as relay:  # type: ignore[arg-type]
        trusting(mail, relay)
        relay_id = await given_relay(client, **{**toward(relay), "security": "starttls"}, username=user)
        form = {"relay": str(relay_id), "from": LIN, "to": ""}
        response = await client.post("/admin/relay-tests", form=form, headers={**SAME_ORIGIN, "Accept-Language": "en"})
        html = await response.get_data(as_text=True)
        assert says in html
        assert SECRET not in html


async def test_a_closed_port_is_named(mail: Mail) -> None:
    client = await admin(mail)
    async with fake_relay() as relay:
        form = toward(relay)
    relay_id = await given_relay(client, **form)
    tried = {"relay": str(relay_id), "from": LIN, "to": ""}
    response = await client.post("/admin/relay-tests", form=tried, headers={**SAME_ORIGIN, "Accept-Language": "en"})
    assert f"takes no connections on port {form['port']}" in await response.get_data(as_text=True)


@pytest.mark.parametrize("changes", [{"from": "lin@elsewhere.example"}, {"to": "no address"}])
async def test_a_test_is_sent_from_our_domains_to_an_address(mail: Mail, changes: dict[str, str]) -> None:
    client = await admin(mail)
    relay_id = await given_relay(client)
    form = {"relay": str(relay_id), "from": LIN, "to": "ana@else.example", **changes}
    response = await client.post("/admin/relay-tests", form=form, headers=SAME_ORIGIN)
    assert response.status_code == 422


async def test_the_records_of_a_domain_are_looked_up(mail: Mail) -> None:
    async def resolve(name: str, type_: str) -> tuple[str, ...]:
        if name == "s1._domainkey.yuanye.example":
            return ("s1.domainkey.u12.wl.sendgrid.net",)
        if name.startswith("s2."):
            raise NoName
        if name.startswith("em77."):
            raise NoSuchRecord
        raise NoAnswer

    client = await admin(mail)
    trusting(mail, resolve=resolve)
    query = {"domain": "yuanye.example", "records": "em77.yuanye.example u12.wl.sendgrid.net"}
    for headers in ({"Accept-Language": "en"}, {"Accept-Language": "en", **FRAGMENT}):
        response = await client.get("/admin/domain-checks", query_string=query, headers=headers)
        html = await response.get_data(as_text=True)
        assert response.status_code == 200
        assert "Is there." in html
        assert "Is not there yet." in html
        assert "grey cloud" in html
        assert "did not answer" in html
        assert ("<html" in html) == (FRAGMENT["HX-Request"] not in headers.values())

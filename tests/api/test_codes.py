"""Waiting for codes: answered when one arrives, to whoever asked for it and may see it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from mailapp.api import waiting
from mailapp.events import Bus, Changed, Stopping
from mailapp.http.sites import ASKED
from tests.api.conftest import SHOP, Answered, Api, api_of, code_letter
from tests.conftest import DOMAIN
from tests.web.conftest import ANN, LIN, Mail, letter


async def waits(api: Api, number: int) -> None:
    """Until so many calls wait."""
    while sum(len(room.all()) for room in api.held.waiting._rooms.values()) != number:
        await asyncio.sleep(0)


async def waiting_call(api: Api, token: str, query: str = "", number: int = 1) -> "asyncio.Task[Answered]":
    task = asyncio.create_task(api.get(f"/codes?wait=30{query}", token))
    await waits(api, number)
    return task


async def test_a_waiting_call_is_answered_by_the_mail_that_comes(api: Api) -> None:
    await api.mail.deliver(code_letter("111111"))  # came before the call
    call = await waiting_call(api, await api.token("codes"))
    message_id = await api.mail.deliver(code_letter("482913"), SHOP)
    found = await call
    assert found.status == 200
    told = found.json
    assert (told["code"], told["link"], told["message_id"]) == ("482913", None, message_id)
    assert (told["from"], told["from_name"], told["to"]) == ("noreply@github.example", "GitHub", SHOP)
    assert (told["subject"], told["used"]) == ("Your verification code", False)
    assert told["codes"] == [{name: told[name] for name in told["codes"][0]}]
    assert int(found.headers["Next-Since"]) == told["since"] == message_id
    await waits(api, 0)


async def test_what_comes_while_the_first_call_waits_for_the_api_to_load_is_not_missed(api: Api) -> None:
    token = await api.token("codes")
    asked_ms = time.time_ns() // 1_000_000
    await api.mail.deliver(code_letter("482913"), SHOP)
    found = await api.get("/codes?wait=0", token, scope_base={ASKED: asked_ms})
    assert found.json["code"] == "482913"


async def test_mail_without_a_code_answers_nobody_and_costs_no_look(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    call = await waiting_call(api, await api.token("codes"))
    looks = []
    real = waiting.Waiting._look

    async def counted(self: waiting.Waiting, account_id: int, room: waiting._Room) -> None:
        looks.append(account_id)
        await real(self, account_id, room)

    monkeypatch.setattr(waiting.Waiting, "_look", counted)
    await api.mail.deliver(letter("No code here"))
    await api.mail.deliver(code_letter())
    assert (await call).json["code"] == "482913"
    assert len(looks) == 1


async def test_none_in_time_is_204_and_says_where_to_go_on(api: Api) -> None:
    token = await api.token("codes")
    newest = await api.mail.deliver(code_letter("111111"))
    found = await api.get("/codes?wait=0", token)
    assert (found.status, found.data, found.headers["Next-Since"]) == (204, b"", str(newest))
    await api.mail.deliver(code_letter("222222"))
    again = await api.get(f"/codes?wait=0&since={found.headers['Next-Since']}", token)
    assert again.json["code"] == "222222"
    assert (await api.get(f"/codes?wait=0&since={again.json['since']}", token)).status == 204


async def test_a_wait_ends_after_its_seconds(mail: Mail) -> None:
    api = api_of(mail, longest_wait_s=0.01)
    found = await api.get("/codes?wait=300", await api.token("codes"))
    assert found.status == 204
    assert "Next-Since" in found.headers


async def test_since_takes_a_time_and_gives_the_newest_first(api: Api) -> None:
    token = await api.token("codes")
    for code in ("111111", "222222"):
        await api.mail.deliver(code_letter(code))
    for ago in (timedelta(minutes=5),):
        at = datetime.now(UTC) - ago
        for text in (at.isoformat(), at.isoformat().replace("+00:00", "Z"), at.astimezone().isoformat()):
            told = (await api.get(f"/codes?wait=0&since={quote(text)}", token)).json
            assert told["code"] == "222222"
            assert [each["code"] for each in told["codes"]] == ["222222", "111111"]
    ahead = quote((datetime.now(UTC) + timedelta(minutes=5)).isoformat())
    assert (await api.get(f"/codes?wait=0&since={ahead}", token)).status == 204


@pytest.mark.parametrize(
    "query", ["since=yesterday", "since=2026-11-26", "since=2026-11-26T08:00:00", "since=" + "9" * 19, "wait=-1",
              "wait=301", "wait=", "since=-1"],
)  # fmt: skip
async def test_what_cannot_be_waited_for_is_said(api: Api, query: str) -> None:
    assert (await api.get(f"/codes?{query}", await api.token("codes"))).status == 400


async def test_each_call_gets_the_codes_of_its_address(api: Api) -> None:
    token = await api.token("codes")
    calls = {}
    for number, to in enumerate((SHOP, f"shop+sale@{DOMAIN}", LIN, ""), 1):
        calls[to] = await waiting_call(api, token, f"&to={quote(to)}" if to else "", number)
    del_to = code_letter("482913")
    del del_to["To"]
    await api.mail.deliver(del_to, f"shop+news@{DOMAIN}")
    assert (await calls[SHOP]).json["to"] == f"shop+news@{DOMAIN}"
    assert (await calls[""]).json["code"] == "482913"
    await waits(api, 2)
    assert not calls[LIN].done()
    await api.mail.deliver(code_letter("555555"), f"shop+sale@{DOMAIN}")  # its To field names Lin
    assert (await calls[f"shop+sale@{DOMAIN}"]).json["code"] == "555555"
    assert (await calls[LIN]).json["code"] == "555555"


async def test_forwarded_codes_are_found_by_who_they_were_for(api: Api) -> None:
    call = await waiting_call(api, await api.token("codes"), "&to=me@elsewhere.example")
    forwarded = code_letter()
    forwarded["Delivered-To"] = "me@elsewhere.example"
    await api.mail.deliver(forwarded, f"catch@{DOMAIN}")
    assert (await call).json["to"] == f"catch@{DOMAIN}"


async def test_nobody_sees_codes_beyond_the_reach_of_their_token(api: Api) -> None:
    other = await waiting_call(api, await api.token(account_id=api.mail.ann), number=1)
    limited = await waiting_call(api, await api.token(addresses=(SHOP,)), number=2)
    sly = await waiting_call(api, await api.token(addresses=(SHOP,)), f"&to={LIN}", number=3)
    own = await waiting_call(api, await api.token(), number=4)
    await api.mail.deliver(code_letter("482913"), LIN)
    assert (await own).json["code"] == "482913"
    await waits(api, 3)
    assert [each.done() for each in (other, limited, sly)] == [False, False, False]
    await api.mail.deliver(code_letter("555555"), SHOP)
    assert (await limited).json["code"] == "555555"
    assert (await sly).json["code"] == "555555"  # its To field names Lin, and it came for the shop
    await api.mail.deliver(code_letter("666666"), ANN)
    assert (await other).json["code"] == "666666"


async def test_a_link_to_confirm_answers_too(api: Api) -> None:
    call = await waiting_call(api, await api.token("codes"))
    link = "https://app.example/confirm?token=a8f3k2m5n7p9q1r3"
    text = f"Please confirm your e-mail address by opening this link:\n\n{link}\n"
    await api.mail.deliver(letter("Confirm your email address", text, sender="App <noreply@app.example>"))
    told = (await call).json
    assert (told["code"], told["link"]) == (None, link)


async def test_what_another_process_wrote_is_looked_for(api: Api, bus: Bus) -> None:
    call = await waiting_call(api, await api.token("codes"))
    bus_of_nobody = Bus()
    delivery = api.mail.delivery
    delivery._bus, real = bus_of_nobody, delivery._bus
    await api.mail.deliver(code_letter())
    delivery._bus = real
    bus.publish(Changed(api.mail.lin, 1))  # what the server says when it noticed
    assert (await call).json["code"] == "482913"


async def test_a_revoked_token_waits_no_longer(api: Api) -> None:
    token, other = await api.token("codes"), await api.token("codes")
    ended, stays = await waiting_call(api, token, number=1), await waiting_call(api, other, number=2)
    holder = await api.context.tokens.holder(token)
    assert holder is not None
    await api.context.tokens.revoke(api.mail.lin, holder.token.id)
    assert (await ended).status == 401
    await api.mail.deliver(code_letter())
    assert (await stays).status == 200


async def test_a_server_that_stops_lets_go(api: Api, bus: Bus) -> None:
    call = await waiting_call(api, await api.token("codes"))
    bus.publish(Stopping())
    found = await call
    assert (found.status, found.headers["Retry-After"]) == (503, "5")


async def test_who_goes_away_waits_no_longer(api: Api, bus: Bus) -> None:
    fields = {"Authorization": f"Bearer {await api.token('codes')}"}
    async with api.app.test_client().request("/api/v1/codes?wait=30", headers=fields) as call:
        await call.send_complete()
        await waits(api, 1)
        await call.disconnect()
        await waits(api, 0)
    assert bus.accounts == []


async def test_places_to_wait_are_bounded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST_OF_ONE", 1)
    monkeypatch.setattr(waiting, "MOST", 2)
    token, other, third = [await api.token("codes") for _ in range(3)]
    await waiting_call(api, token, number=1)
    assert (await api.get("/codes", token)).status == 429
    await waiting_call(api, other, number=2)
    found = await api.get("/codes", third)
    assert (found.status, found.headers["Retry-After"]) == (503, "5")


async def test_an_overflow_of_events_loses_no_code(api: Api, bus: Bus) -> None:
    call = await waiting_call(api, await api.token("codes"))
    delivery = api.mail.delivery
    delivery._bus, real = Bus(), delivery._bus
    await api.mail.deliver(code_letter())
    delivery._bus = real
    for _ in range(300):  # none of them says there was a code
        bus.publish(Changed(api.mail.lin, 1, (1,), offers=False))
    assert (await call).json["code"] == "482913"

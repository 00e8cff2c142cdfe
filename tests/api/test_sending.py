"""Sending over the API: through submission, once for each key, in the token's name only."""

import asyncio
import base64
import hashlib

import pytest

from mailapp.flow.submission import Submission
from mailapp.mail.draft import Draft
from mailapp.store import drafts, queue, quotas, settings, submission_keys
from mailapp.store.accounts import Account
from tests.api.conftest import SHOP, Api
from tests.web.conftest import ANN, LIN

LETTER = {"to": ["Zhou <zhou@sanlian.example>"], "cc": [ANN], "bcc": ["b@x.example"], "subject": "你好", "text": "Hi"}


async def post(api: Api, token: str, key: str = "", **fields: object):  # type: ignore[no-untyped-def]
    headers = {"Idempotency-Key": key} if key else {}
    return await api("POST", "/messages", token, json={**LETTER, **fields}, headers=headers)


async def in_drafts(api: Api) -> int:
    def count(db: object) -> int:
        return int(db.execute("SELECT count(*) FROM drafts WHERE message_id IS NOT NULL").fetchone()[0])  # type: ignore[attr-defined]

    return await api.context.database.read(count)


async def queued(api: Api) -> int:
    def count(db: object) -> int:
        return int(db.execute("SELECT count(*) FROM queue_items").fetchone()[0])  # type: ignore[attr-defined]

    return await api.context.database.read(count)


async def test_a_message_is_in_sent_and_in_the_queue_at_once(api: Api) -> None:
    token = await api.token("send", "read")
    files = [{"name": "表.txt", "type": "text/plain", "content": base64.b64encode(b"one\ntwo").decode()}]
    done = await post(api, token, html="<p>Hi</p>", attachments=files)
    assert done.status == 202
    told = done.json
    assert done.headers["Location"] == f"/api/v1/messages/{told['id']}"
    item = await api.context.database.read(queue.get, api.mail.lin, told["queue_id"])
    assert item is not None
    assert {each.address for each in item.recipients} == {"zhou@sanlian.example", ANN, "b@x.example"}
    sent = (await api.get(f"/messages/{told['id']}", token)).json
    assert (sent["mailbox"], sent["subject"], sent["from"]["address"]) == ("sent", "你好", LIN)
    assert sent["attachments"][0]["name"] == "表.txt"
    source = (await api.get(f"/messages/{told['id']}/source", token)).data
    assert b"b@x.example" not in source
    assert base64.b64encode(b"one\ntwo") in source or b"one\r\ntwo" in source
    assert await in_drafts(api) == 0


async def test_a_full_mailbox_takes_no_files_but_sends_what_is_written(api: Api) -> None:
    token = await api.token("send")
    await api.context.database.write(quotas.set_, api.mail.lin, 1_000)
    files = [{"name": "a.bin", "type": "application/octet-stream", "content": base64.b64encode(bytes(2_000)).decode()}]
    refused = await post(api, token, attachments=files)
    assert (refused.status, "mailbox of the account is full" in refused.json["detail"]) == (422, True)
    assert refused.json["type"].endswith("quota-exceeded")
    assert (await in_drafts(api), await queued(api)) == (0, 0)
    assert (await post(api, token)).status == 202


async def test_nobody_can_undo_so_nothing_is_held(api: Api) -> None:
    told = (await post(api, await api.token("send"))).json
    item = await api.context.database.read(queue.get, api.mail.lin, told["queue_id"])
    assert item is not None
    assert item.release_ms <= int(api.context.clock() * 1000)


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"to": [], "cc": [], "bcc": []}, 422, "nobody"),
        ({"to": ["nonsense"]}, 422, "not an address"),
        ({"from": "zhou@sanlian.example"}, 422, "no address of the account"),
        ({"to": "a@b.example"}, 422, "Expected `array`"),
        ({"attachments": [{"name": "a", "content": "***"}]}, 422, "base64"),
        ({"attachments": [{"name": "", "content": ""}]}, 422, "length"),
        ({"too": []}, 422, "unknown field"),
        ({"text": 1}, 422, "Expected `str`"),
        ({"subject": "x" * 1_001}, 422, "length"),
    ],
)
async def test_what_cannot_be_sent_is_said_and_leaves_nothing(
    api: Api, fields: dict[str, object], status: int, says: str
) -> None:
    done = await post(api, await api.token("send"), **fields)
    assert done.status == status
    assert says in done.json["detail"]
    assert (await in_drafts(api), await queued(api)) == (0, 0)


async def test_bodies_that_are_none_are_refused(api: Api) -> None:
    token = await api.token("send")
    json = {"Content-Type": "application/json"}
    assert (await api("POST", "/messages", token, data=b"{", headers=json)).status == 400
    assert (await api("POST", "/messages", token, data=b"\xff", headers=json)).status == 400
    assert (await api("POST", "/messages", token, data=b"[" * 100_000, headers=json)).status in (400, 422)
    assert (await api("POST", "/messages", token, data=b"a=b")).status == 415
    assert (await api("POST", "/messages", token, form={"to": "x"})).status == 415


async def test_too_large_a_message_is_refused(api: Api) -> None:
    limit = api.context.config.max_message_size
    token = await api.token("send")
    content = base64.b64encode(b"x" * limit).decode()
    done = await post(api, token, attachments=[{"name": "a", "content": content}])
    assert (done.status, await in_drafts(api), await queued(api)) == (413, 0, 0)


async def test_a_large_message_that_trickles_in_leaves_room_for_those_of_others(api: Api) -> None:
    token, anns = await api.token("send"), await api.token("send", account_id=api.mail.ann)
    api.held.large.add(api.mail.lin)
    large = {"attachments": [{"name": "a", "content": base64.b64encode(b"x" * 1_000_000).decode()}]}
    again = await post(api, token, **large)
    assert (again.status, again.headers["Retry-After"]) == (503, "5")
    assert (await post(api, token)).status == 202  # a small one needs no room
    assert (await post(api, anns, **large)).status == 202
    assert api.held.large == {api.mail.lin}


async def test_a_body_of_unknown_length_is_refused(api: Api) -> None:
    headers = {"Authorization": f"Bearer {await api.token('send')}", "Content-Type": "application/json"}
    answer = await api.app.test_client().post("/api/v1/messages", data=b"{}", headers=headers)
    assert answer.status_code == 411


async def test_an_hour_holds_so_many_messages(api: Api) -> None:
    await api.context.database.write(settings.set_, "hourly_limit", "1")
    token = await api.token("send")
    assert (await post(api, token)).status == 202
    more = await post(api, token)
    assert more.status == 429
    assert more.headers["Retry-After"]


async def test_the_same_request_under_a_key_sends_nothing_twice(api: Api) -> None:
    token = await api.token("send")
    first, again = await post(api, token, "k-1"), await post(api, token, "k-1")
    assert (first.status, again.status) == (202, 202)
    assert again.json == first.json
    assert (await post(api, token, "k-2")).json["id"] != first.json["id"]
    assert await queued(api) == 2
    other = await post(api, token, "k-1", subject="Another")
    assert (other.status, "used for another" in other.json["detail"]) == (422, True)
    anns = await api.token("send", account_id=api.mail.ann)
    assert (await post(api, anns, "k-1")).status == 202  # keys are the account's own


async def test_a_refused_key_may_be_used_again(api: Api) -> None:
    token = await api.token("send")
    assert (await post(api, token, "k", to=["nonsense"])).status == 422
    assert (await post(api, token, "k")).status == 202


async def test_the_same_key_at_the_same_time_waits_for_none(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    token, go, begun = await api.token("send"), asyncio.Event(), asyncio.Event()
    real = Submission.submit

    async def slow(self: Submission, account: Account, draft_id: int, at_ms: int | None = None, zone: None = None):  # type: ignore[no-untyped-def]
        begun.set()
        await go.wait()
        return await real(self, account, draft_id, at_ms, zone)

    monkeypatch.setattr(Submission, "submit", slow)
    first = asyncio.create_task(post(api, token, "k"))
    await begun.wait()
    second = await post(api, token, "k")
    assert (second.status, second.headers["Retry-After"]) == (409, "1")
    go.set()
    assert (await first).status == 202
    assert await queued(api) == 1


async def test_what_a_crash_left_is_finished_by_the_same_key(api: Api) -> None:
    """The key was taken, the draft saved with a file, and then the process ended."""
    token = await api.token("send")
    body = b'{"to":["zhou@sanlian.example"],"text":"Hi","attachments":[{"name":"a.txt","content":"YQ=="}]}'
    posting, lin = api.context.posting, api.mail.lin
    draft_key = await api.context.database.write(
        submission_keys.take, lin, posting_digest(b"k"), posting_digest(body), "api-crashed", 10**13
    )
    saved = await api.context.posting._drafting.save(
        lin, draft_key, Draft(LIN, "zhou@sanlian.example", text="Hi"), None
    )
    await posting._drafting.attach(lin, saved.draft_id, "a.txt", "text/plain", pieces(b"a"))
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    done = await api("POST", "/messages", token, data=body, headers=headers)
    assert done.status == 202
    assert (await queued(api), await in_drafts(api)) == (1, 0)
    assert await api.context.database.read(drafts.by_key, lin, "api-crashed") is not None


def posting_digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


async def pieces(data: bytes):  # type: ignore[no-untyped-def]
    yield data


async def test_a_limited_token_sends_in_the_name_of_its_addresses(api: Api) -> None:
    token = await api.token(addresses=(SHOP,))
    assert (await post(api, token)).status == 403  # from the account's own address
    assert (await post(api, token, **{"from": LIN})).status == 403
    done = await post(api, token, **{"from": SHOP})
    assert done.status == 202  # the catch-all makes it the account's


@pytest.mark.parametrize("key", ["x" * 256, "é", "a\tb"])
async def test_keys_are_short_and_plain(api: Api, key: str) -> None:
    done = await api("POST", "/messages", await api.token("send"), json=LETTER, headers={"Idempotency-Key": key})
    assert done.status == 400

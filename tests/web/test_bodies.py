"""Bodies of requests: counted as a whole, and taken no faster than they are read."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge

from mailapp.http.bodies import HELD, LimitedBody
from mailapp.web import bodies
from tests.conftest import PASSWORD
from tests.web.conftest import LIN, SAME_ORIGIN, Mail, Served
from tests.web.test_drafts import FIELDS


async def test_a_body_without_a_length_is_counted_while_it_is_read() -> None:
    body = LimitedBody(None, 100)
    for _ in range(10):
        body.append(b"x" * 10)
        assert len(await anext(body)) == 10
    body.append(b"x")
    with pytest.raises(RequestEntityTooLarge):
        await anext(body)


async def test_nothing_more_is_taken_while_nobody_reads() -> None:
    body = LimitedBody(None, None)
    body.append(b"x" * HELD)
    waiting = asyncio.create_task(body.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert len(await anext(body)) == HELD
    await waiting


async def test_a_body_that_is_awaited_whole_is_taken_whole() -> None:
    body = LimitedBody(None, None)
    body.append(b"x" * HELD)
    waiting, whole = asyncio.create_task(body.room()), asyncio.create_task(asyncio.wait_for(body, 20))
    await waiting
    body.append(b"y")
    body.set_complete()
    assert len(await whole) == HELD + 1


async def test_only_letters_may_be_long(mail: Mail) -> None:
    client = await mail.client()
    form = {**FIELDS, "text": "x" * (bodies.LONGEST + 1)}
    assert (await client.post("/drafts", form=form, headers=SAME_ORIGIN)).status_code == 303
    assert (await client.post("/deletions", form=form, headers=SAME_ORIGIN)).status_code == 413
    long = {**SAME_ORIGIN, "Content-Length": str(bodies.LONGEST)}
    assert (await mail.site.test_client().post("/drafts", form=form, headers=long)).status_code == 413


async def test_a_large_file_comes_in_over_a_real_connection(mail: Mail, served: Served) -> None:
    async def film() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"x" * 131_072

    headers = {"Origin": served.url, "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=30) as client:
        await client.post("/login", data={"address": LIN, "password": PASSWORD})
        draft = (await client.post("/drafts", data=FIELDS)).json()["draft"]
        answer = await client.post(f"/draft-attachments?draft={draft}&name=film.mov&type=video/mp4", content=film())
        assert answer.status_code == 200
        (one,) = json.loads(answer.text)["attachments"]
        assert one["size"] == 80 * 131_072
        back = await client.get(one["href"])
        assert len(back.content) == 80 * 131_072


async def test_a_long_form_is_read_on_a_thread_and_says_the_same(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    to_thread = asyncio.to_thread

    async def watched(function: object, *args: object) -> object:
        sent.append(getattr(function, "func", function).__name__)
        return await to_thread(function, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "to_thread", watched)
    client = await mail.client()
    for text, read_apart in (("短 & + %41", False), ("长 & + %41\n" * 12_000, True)):
        sent.clear()
        form = {**FIELDS, "key": f"key-{len(text)}", "text": text}
        answer = await client.post("/drafts", form=form, headers={**SAME_ORIGIN, "Accept": "application/json"})
        draft_id = json.loads(await answer.get_data(as_text=True))["draft"]
        page = await (await client.get(f"/compose?draft={draft_id}")).get_data(as_text=True)
        assert text.split("\n")[0].replace("&", "&amp;") in page
        assert ("_fields" in sent) is read_apart


async def test_a_form_that_cannot_be_read_is_an_empty_one(mail: Mail) -> None:
    client = await mail.client()
    answer = await client.post(
        "/drafts", data=b"text=\xff\xfe", headers={**SAME_ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400


PAIRS = st.lists(st.tuples(st.text(), st.text(max_size=60)), max_size=6)


@given(PAIRS, st.sampled_from(("", "%", "%4", "%E4%BD", "a=b=c", "&&", "+%2B+", "%zz")), st.integers(0, 3))
def test_a_long_form_reads_like_a_short_one_wherever_it_is_cut(
    pairs: list[tuple[str, str]], odd: str, shift: int
) -> None:
    long = urlencode([*pairs, ("html", "x" * shift + "<p>验证</p>😀" * 3_000)])
    data = f"{long}&{odd}".encode()
    assert len(data) >= bodies.IN_MEMORY
    assert bodies._fields(data) == parse_qsl(data.decode(), keep_blank_values=True)


def test_a_long_form_that_is_no_utf_8_is_refused_like_a_short_one() -> None:
    for size in (10, bodies.IN_MEMORY):
        with pytest.raises(ValueError, match="utf-8"):
            bodies._fields(b"text=" + b"\xff" * size)

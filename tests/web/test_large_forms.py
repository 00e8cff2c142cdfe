"""Large forms: an account has a few on their way at once, and is told when it is too many."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from quart.testing import QuartClient, connections

from mailapp.web.bodies import LONGEST
from mailapp.web.context import EXTENSION, Site
from mailapp.web.large_forms import LIMIT
from tests.web.conftest import ANN, FRAGMENT, SAME_ORIGIN, Mail
from tests.web.test_drafts import FIELDS, JSON

LARGE = {**FIELDS, "text": "x" * (LONGEST + 1)}
TOLD = f"{LIMIT} large messages are on their way"
MULTIPART = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\nfirst bytes'


async def reach(mail: Mail, number: int) -> None:
    """Wait until Lin has so many large forms on their way."""
    site: Site = mail.site.extensions[EXTENSION]
    async with asyncio.timeout(10):
        while site.large_forms[mail.lin] != number:
            await asyncio.sleep(0)


@asynccontextmanager
async def begun(client: QuartClient, path: str) -> AsyncIterator[connections.TestHTTPConnection]:
    """A form with a file whose end does not come."""
    headers = {**SAME_ORIGIN, "Content-Type": MULTIPART, "Content-Length": str(LONGEST * 4)}
    connection = client.request(path, method="POST", headers=headers)
    assert isinstance(connection, connections.TestHTTPConnection)
    async with connection:
        await connection.send(PART)
        yield connection


async def test_an_account_has_a_few_large_forms_on_their_way(mail: Mail) -> None:
    client, ann = await mail.client(**{"Accept-Language": "en"}), await mail.client(ANN)
    english = {"Accept-Language": "en"}
    async with AsyncExitStack() as stack:
        paths = [("/drafts", "/submissions")[number % 2] for number in range(LIMIT)]
        under_way = [await stack.enter_async_context(begun(client, path)) for path in paths]
        await reach(mail, LIMIT)
        for more in ({}, FRAGMENT):
            refused = await client.post("/submissions", form=LARGE, headers={**SAME_ORIGIN, **english, **more})
            assert refused.status_code == 429
            assert TOLD in await refused.get_data(as_text=True)
        refused = await client.post("/drafts", form=LARGE, headers={**JSON, **english})
        assert refused.status_code == 429
        assert TOLD in json.loads(await refused.get_data())["error"]
        short = await client.post("/drafts", form=FIELDS, headers={**JSON, "Content-Length": str(LONGEST)})
        assert short.status_code == 200
        assert (await ann.post("/drafts", form=LARGE, headers=JSON)).status_code == 200
        await reach(mail, LIMIT)
        for each in under_way:
            await each.disconnect()
        await reach(mail, 0)
    for number in range(LIMIT + 1):
        fields = {**LARGE, "key": f"key-{number}"}
        assert (await client.post("/drafts", form=fields, headers=JSON)).status_code == 200
    assert not mail.site.extensions[EXTENSION].large_forms

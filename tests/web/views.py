"""View links as tests make and open them."""

import re
from dataclasses import dataclass

from quart.testing import QuartClient

from mailapp.flow.viewing import Wish
from mailapp.store.views import ADDRESS, CODES, MESSAGE
from tests.web.conftest import SAME_ORIGIN, Mail

__all__ = ["ADDRESS", "CODES", "MESSAGE", "Wish", "opened", "press", "shared", "text_of"]


@dataclass
class Shared:
    """A link: its id for the owner, its path for everybody else."""

    id: int
    path: str


async def shared(mail: Mail, wish: Wish, account_id: int | None = None) -> Shared:
    link_id, token = await mail.context.viewing.make(account_id or mail.lin, wish)
    return Shared(link_id, f"/v/{token}")


async def text_of(client: QuartClient, path: str, status: int = 200) -> str:
    response = await client.get(path)
    assert response.status_code == status, path
    return str(await response.get_data(as_text=True))


async def press(client: QuartClient, path: str, **headers: str) -> int:
    """Press the button of the first page; the status of the answer."""
    page = await client.get(path)
    found = re.search(r'name="visit" value="([\w-]{43})"', str(await page.get_data(as_text=True)))
    form = {"visit": found[1]} if found else {}
    return (await client.post(f"{path}/opens", form=form, headers={**SAME_ORIGIN, **headers})).status_code


async def opened(mail: Mail, link: Shared) -> QuartClient:
    """A browser without a session that opened the link."""
    visitor = mail.site.test_client()
    assert await press(visitor, link.path) == 303
    return visitor

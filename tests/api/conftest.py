"""The API over a real store, and the site of the same account beside it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from quart import Quart

from mailapp.api.application import create_api
from mailapp.api.context import ApiContext, Held
from mailapp.events import Bus, Stopping
from mailapp.flow.posting import Posting
from mailapp.store.tokens import SCOPES, NewToken
from tests.conftest import DOMAIN
from tests.web.conftest import Mail, config, letter, mail

__all__ = ["config", "mail"]

SHOP = f"shop@{DOMAIN}"


def code_letter(code: str = "482913", sender: str = "GitHub <noreply@github.example>") -> Any:
    """A mail that offers a code."""
    return letter(
        "Your verification code", f"Your verification code is {code}. It expires in 10 minutes.", sender=sender
    )


@dataclass
class Answered:
    """An answer with its body read."""

    status: int
    headers: Any
    data: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.data)


@dataclass
class Api:
    """The application, and callers with tokens."""

    app: Quart
    context: ApiContext
    mail: Mail

    @property
    def held(self) -> Held:
        found: Held = self.app.extensions["mailapp"]
        return found

    async def token(self, *scopes: str, account_id: int | None = None, **more: Any) -> str:
        new = NewToken(scopes or SCOPES, **more)
        return (await self.context.tokens.add(account_id or self.mail.lin, new))[0]

    async def __call__(self, method: str, path: str, token: str | None = None, **more: Any) -> Answered:
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if "json" in more:
            more["data"] = msgspec.json.encode(more.pop("json"))
            headers.setdefault("Content-Type", "application/json")
        if "data" in more:
            headers.setdefault("Content-Length", str(len(more["data"])))
        answer = await self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **more)
        return Answered(answer.status_code, answer.headers, await answer.get_data(as_text=False))

    async def get(self, path: str, token: str | None = None, **more: Any) -> Answered:
        return await self("GET", path, token, **more)


def api_of(mail: Mail, **more: Any) -> Api:
    """The API beside a site."""
    pages = mail.context
    context = ApiContext(
        pages.config,
        pages.database,
        pages.bus,
        pages.filing,
        pages.tokens,
        Posting(pages.database, pages.drafting, pages.submission),
    )
    context = replace(context, **more)
    return Api(create_api(context), context, mail)


@pytest.fixture
async def api(mail: Mail, bus: Bus) -> AsyncIterator[Api]:
    yield api_of(mail)
    bus.publish(Stopping())

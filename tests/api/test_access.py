"""Who is let in: tokens with their scopes, never sessions; how often."""

import pytest

from mailapp.mail.address import fold
from mailapp.store import accounts, settings, tokens
from tests.api.conftest import Api
from tests.web.conftest import LIN

PROBLEM = "application/problem+json"
EVERYTHING = (
    ("GET", "/messages", "read"),
    ("GET", "/messages/latest", "read"),
    ("GET", "/messages/1/source", "read"),
    ("DELETE", "/messages/1", "manage"),
    ("POST", "/messages", "send"),
    ("GET", "/codes?wait=0", "codes"),
    ("GET", "/events", "read"),
    ("GET", "/mailboxes", "read"),
)


@pytest.mark.parametrize(("method", "path", "scope"), EVERYTHING)
async def test_nothing_is_told_without_a_token_that_counts(api: Api, method: str, path: str, scope: str) -> None:
    for token in (None, "", "mailapp_wrong", "é"):
        found = await api(method, path, token)
        assert found.status == 401
        assert found.headers["WWW-Authenticate"].startswith('Bearer realm="mailapp"')
        assert found.headers["Content-Type"] == PROBLEM
        assert found.json["status"] == 401


@pytest.mark.parametrize(("method", "path", "scope"), EVERYTHING)
async def test_each_operation_needs_its_scope(api: Api, method: str, path: str, scope: str) -> None:
    others = await api.token(*(each for each in tokens.SCOPES if each != scope))
    found = await api(method, path, others)
    assert (found.status, scope in found.json["detail"]) == (403, True)
    assert f'scope="{scope}"' in found.headers["WWW-Authenticate"]


async def test_a_session_does_not_open_the_api(api: Api) -> None:
    client = await api.mail.client()
    cookie = next(iter(client.cookie_jar))  # type: ignore[union-attr]
    found = await api.get("/messages", headers={"Cookie": f"{cookie.name}={cookie.value}"})
    assert found.status == 401


async def test_a_token_is_no_session_and_its_word_needs_no_origin(api: Api) -> None:
    token = await api.token()
    page = await api.mail.site.test_client().get("/mail/inbox", headers={"Authorization": f"Bearer {token}"})
    assert page.status_code == 303  # to /login
    found = await api("DELETE", "/messages/1", token, headers={"Origin": "https://elsewhere.example"})
    assert found.status == 404  # let in; there is no such message


async def test_a_token_stops_with_its_account_and_when_it_is_revoked(api: Api) -> None:
    token, other = await api.token(), await api.token()
    assert (await api.get("/messages", token)).status == 200
    held = await api.context.tokens.holder(other)
    assert held is not None
    await api.context.tokens.revoke(api.mail.lin, held.token.id)
    assert (await api.get("/messages", other)).status == 401

    def disable(db: object) -> None:
        account = accounts.by_address(db, fold(LIN))  # type: ignore[arg-type]
        assert account is not None
        accounts.set_state(db, api.mail.ann, "disabled")  # type: ignore[arg-type]

    anns = await api.token(account_id=api.mail.ann)
    assert (await api.get("/messages", anns)).status == 200
    await api.context.database.write(disable)
    api.context.tokens.forget()
    assert (await api.get("/messages", anns)).status == 401


async def test_what_is_left_of_a_minute_is_told_and_kept(api: Api) -> None:
    await api.context.database.write(settings.set_, "api_requests_limit", "2")
    token, other = await api.token(), await api.token()
    first, second, third = [await api.get("/messages", token) for _ in range(3)]
    assert [each.status for each in (first, second, third)] == [200, 200, 429]
    assert first.headers["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert [each.headers["RateLimit"].split(";")[1] for each in (first, second, third)] == ["r=1", "r=0", "r=0"]
    assert 1 <= int(third.headers["Retry-After"]) <= 60
    assert third.json["type"].endswith("#quota-exceeded")
    assert (await api.get("/messages", other)).status == 200  # each token by itself


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/", 404), ("PUT", "/messages", 405), ("OPTIONS", "/codes", 405)],
)
async def test_what_is_not_there_is_a_problem_too(api: Api, method: str, path: str, status: int) -> None:
    found = await api(method, path)
    assert (found.status, found.headers["Content-Type"], found.json["status"]) == (status, PROBLEM, status)
    assert ("Allow" in found.headers) == (status == 405)


async def test_answers_are_for_nobody_else(api: Api) -> None:
    found = await api.get("/messages", await api.token())
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Set-Cookie" not in found.headers
    assert "Access-Control-Allow-Origin" not in found.headers

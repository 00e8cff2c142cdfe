"""Logging in and out, the set-up page, settings."""

import pytest

from mailapp.store import accounts
from mailapp.web.fragments import local_path
from tests.conftest import PASSWORD
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail, letter

HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mail.yuanye.example"}


async def log_in(mail: Mail, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    client = mail.site.test_client()
    form = {"address": LIN, "password": password, **more}
    return await client.post("/login", form=form, headers=SAME_ORIGIN)


async def test_the_cookie_is_for_http_alone(mail: Mail) -> None:
    response = await log_in(mail)
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


async def test_wrong_passwords_and_unknown_accounts_sound_alike(mail: Mail) -> None:
    wrong = await log_in(mail, "wrong password here")
    unknown = await log_in(mail, address="nobody@yuanye.example")
    assert wrong.status_code == unknown.status_code == 401
    text = (await wrong.get_data(as_text=True)).replace(LIN, "X")
    assert text == (await unknown.get_data(as_text=True)).replace("nobody@yuanye.example", "X")
    assert "Set-Cookie" not in wrong.headers


async def test_too_many_tries_have_to_wait(mail: Mail) -> None:
    statuses = [(await log_in(mail, f"wrong password {each}")).status_code for each in range(30)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    refused = await log_in(mail, "wrong password again")
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("/mail/trash?before=3", "/mail/trash?before=3"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("/%5cevil.example", "/"),
        ("/%5C%2fevil.example", "/"),
        ("/%2Fevil.example", "/"),
        ("%2f%2fevil.example", "/"),
        ("/.//evil.example", "/"),
        ("/%2e/%2fevil.example", "/"),
        ("/mail/a%2fb", "/mail/a%2fb"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
async def test_next_is_a_path_of_ours(mail: Mail, value: str, path: str) -> None:
    assert local_path(value) == path
    assert (await log_in(mail, next=value)).headers["Location"] == path


async def test_logging_out_ends_the_session_for_good(mail: Mail) -> None:
    client = await mail.client()
    token = next(cookie.value for cookie in client.cookie_jar if cookie.name == "session")
    assert (await client.get("/mail/inbox")).status_code == 200
    response = await client.post("/logout", headers=SAME_ORIGIN)
    assert (response.status_code, response.headers["Location"]) == (303, "/login")
    again = mail.site.test_client()
    assert (await again.get("/mail/inbox", headers={"Cookie": f"session={token}"})).status_code == 303


async def test_a_language_and_zone_are_remembered(mail: Mail) -> None:
    client = await mail.client()
    form = {"language": "en", "theme": "dark", "time_zone": "Europe/Berlin", "name": "Lin Yue"}
    response = await client.post("/settings", form=form, headers=SAME_ORIGIN)
    assert response.status_code == 303
    html = await (await client.get("/mail/inbox", headers={"Accept-Language": "zh-CN"})).get_data(as_text=True)
    assert '<html lang="en" data-theme="dark">' in html
    account = await mail.context.database.read(accounts.get, mail.lin)
    assert account is not None
    assert (account.time_zone, account.name) == ("Europe/Berlin", "Lin Yue")
    for wrong, status in (({"time_zone": "../etc/passwd"}, 422), ({"language": "xx"}, 400), ({"theme": "x"}, 400)):
        assert (await client.post("/settings", form={**form, **wrong}, headers=SAME_ORIGIN)).status_code == status


async def test_a_new_password_ends_the_other_sessions(mail: Mail) -> None:
    client, other = await mail.client(), await mail.client()
    new = "another sentence to keep"
    for old, given, status in (("wrong one, sorry", new, 422), (PASSWORD, "short", 422), (PASSWORD, new, 303)):
        form = {"password": old, "new_password": given}
        assert (await client.post("/settings", form=form, headers=SAME_ORIGIN)).status_code == status
    assert (await client.get("/mail/inbox")).status_code == 200
    assert (await other.get("/mail/inbox")).status_code == 303
    assert (await log_in(mail, new)).status_code == 303


async def test_a_disabled_account_is_out_at_once(mail: Mail) -> None:
    client = await mail.client(ANN)
    await mail.context.database.write(lambda db: accounts.set_state(db, mail.ann, "disabled"))
    mail.context.signing_in.forget()
    assert (await client.get("/mail/inbox")).status_code == 303


async def test_forwarded_fields_count_from_trusted_proxies_only(mail: Mail) -> None:
    app = mail.site.test_app()
    client = app.test_client()
    form = {"address": LIN, "password": PASSWORD}
    origin = {"Origin": "https://mail.yuanye.example"}
    local = {"scope_base": {"client": ("127.0.0.1", 1)}}
    trusted = await client.post("/login", form=form, headers={**HTTPS, **origin}, **local)  # type: ignore[arg-type]
    assert trusted.status_code == 303
    assert "Secure" in trusted.headers["Set-Cookie"]
    strange = {"scope_base": {"client": ("203.0.113.1", 1)}}
    response = await client.post("/login", form=form, headers={**HTTPS, **origin}, **strange)  # type: ignore[arg-type]
    assert response.status_code == 403, "its X-Forwarded-Host is not believed"


async def test_pages_are_in_the_readers_language(mail: Mail) -> None:
    await mail.deliver(letter())
    client = mail.site.test_client()
    for header, language in (("zh-TW,en", "zh-CN"), ("en-GB", "en"), ("de", "en"), ("", "zh-CN")):
        html = await (await client.get("/login", headers={"Accept-Language": header})).get_data(as_text=True)
        assert f'<html lang="{language}"' in html


async def test_errors_are_pages_without_traceback(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await mail.client()
    missing = await client.get("/nowhere")
    assert missing.status_code == 404
    assert "<html" in await missing.get_data(as_text=True)

    async def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(mail.context.database, "read", broken)
    failed = await client.get("/mail/inbox")
    assert failed.status_code == 500
    html = await failed.get_data(as_text=True)
    assert "secret detail" not in html
    assert "Traceback" not in html
    assert failed.headers["X-Content-Type-Options"] == "nosniff"


async def test_static_files_are_kept_for_ever_under_their_version(mail: Mail) -> None:
    client = mail.site.test_client()
    html = await (await client.get("/login")).get_data(as_text=True)
    url = next(each.split('"')[0] for each in html.split('href="')[1:] if "base.css" in each)
    response = await client.get(url, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Encoding"] == "gzip"
    plain = await client.get("/static/css/base.css")
    assert plain.headers["Cache-Control"] == "no-cache"
    same = await client.get("/static/css/base.css", headers={"If-None-Match": plain.headers["ETag"]})
    assert same.status_code == 304
    for path in ("/static/../mailapp/config.py", "/static/%2e%2e/pyproject.toml", "/static/css", "/static/nothing"):
        assert (await client.get(path)).status_code == 404, path


async def test_health_needs_no_session(mail: Mail) -> None:
    response = await mail.site.test_client().get("/healthz")
    assert (response.status_code, await response.get_json()) == (200, {"status": "ok"})

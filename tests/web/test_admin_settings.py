"""Settings of the site: each acts at once, is in the audit log, and what cannot be is said beside its field."""

import dataclasses
import io
import ipaddress
import re
from pathlib import Path

import pytest
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from mailapp.config import load
from mailapp.flow.site_settings import LOGO_LONGEST, Settings
from mailapp.store import audit
from mailapp.store.tokens import NewToken
from mailapp.web.context import EXTENSION
from tests.mail.test_pictures import PNG
from tests.web.admins import english_admin
from tests.web.conftest import FRAGMENT, LIN, SAME_ORIGIN, Mail

TLS = Path(__file__).parent.parent / "data" / "tls"


async def _post(client: QuartClient, status: int, group: str, **form: str) -> str:
    response = await client.post("/admin/settings", form={"group": group, **form}, headers=SAME_ORIGIN)
    html = str(await response.get_data(as_text=True))
    assert response.status_code == status, html
    return html


async def _logo(client: QuartClient, status: int, data: bytes) -> str:
    files = {"logo": FileStorage(io.BytesIO(data), filename="logo.svg", content_type="image/svg+xml")}
    response = await client.post("/admin/site-logos", files=files, headers=SAME_ORIGIN)
    html = str(await response.get_data(as_text=True))
    assert response.status_code == status, html
    return html


async def test_title_and_language_act_at_once_for_strangers_too(mail: Mail) -> None:
    client = await english_admin(mail)
    await _post(client, 200, "look", site_title="远野 <信箱>", default_language="en")
    stranger = mail.site.test_client()
    response = await stranger.get("/login", headers={"Accept-Language": "zh-CN"})
    html = str(await response.get_data(as_text=True))
    assert "Log in to 远野 &lt;信箱&gt;" in html
    chosen = await stranger.get("/login", headers={"Cookie": "language=zh-CN"})
    assert '<html lang="zh-CN"' in str(await chosen.get_data(as_text=True))
    entry = (await mail.context.database.read(audit.page, 0, 1))[0]
    assert (entry.who, entry.what, entry.to) == (
        LIN, "setting.changed", "site_title: 远野 <信箱>\ndefault_language: en",
    )  # fmt: skip
    await _post(client, 200, "look", site_title="", default_language="")
    response = await stranger.get("/login", headers={"Accept-Language": "zh-CN"})
    assert "mailapp" in str(await response.get_data(as_text=True))


async def test_a_logo_is_served_as_what_it_is_and_taken_away_again(mail: Mail) -> None:
    client = await english_admin(mail)
    html = await _logo(client, 200, PNG)
    address = re.search(r'src="(/logo\?v=[0-9a-f]{12})"', html)
    assert address is not None
    stranger = mail.site.test_client()
    assert address[1] in str(await (await stranger.get("/login")).get_data(as_text=True))
    response = await stranger.get(address[1])
    assert await response.get_data(as_text=False) == PNG
    assert response.content_type == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    await client.post("/admin/site-logos", form={"remove": "1"}, headers=SAME_ORIGIN)
    assert (await stranger.get("/logo")).status_code == 404
    told = [each.to for each in await mail.context.database.read(audit.page, 0, 2)]
    assert told == ["", f"image/png, 64 × 32, {len(PNG)} B"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<svg onload='alert(1)'/>", "no PNG, JPEG, WebP or GIF"),
        (PNG + bytes(LOGO_LONGEST), "at most 100 KB"),
        (PNG[:16] + b"\0\0\x10\0" + PNG[20:], "2048 pixels"),
    ],
)
async def test_what_is_no_logo_is_refused(mail: Mail, data: bytes, says: str) -> None:
    client = await english_admin(mail)
    assert says in await _logo(client, 422, data)
    assert (await client.get("/logo")).status_code == 404


async def test_limits_act_at_once(mail: Mail) -> None:
    client = await english_admin(mail)
    secret, _ = await mail.context.tokens.add(mail.lin, NewToken(("read",), (), "script", None))
    before = await mail.context.tokens.holder(secret)
    assert before is not None
    await _post(client, 200, "limits", recipients_limit="3", hourly_limit="0", api_requests_limit="9")
    holder = await mail.context.tokens.holder(secret)
    assert holder is not None
    assert (before.requests_limit, holder.requests_limit) == (6_000, 9)
    assert (await mail.context.settings.current()).limits == {
        "recipients_limit": 3, "hourly_limit": 0, "api_requests_limit": 9,
    }  # fmt: skip
    html = await _post(client, 422, "limits", recipients_limit="0", hourly_limit="0", api_requests_limit="9")
    assert "A number, 1–10000." in html


async def test_a_certificate_is_tried_before_it_is_used(mail: Mail) -> None:
    client = await english_admin(mail)
    applied = []
    mail.context.settings.applied = applied.append
    pair = sorted(TLS.glob("*.pem"))
    cert = next(each for each in pair if "key" not in each.name)
    key = next(each for each in pair if "key" in each.name)
    await _post(client, 200, "certificate", tls_cert=str(cert), tls_key=str(key))
    assert (applied[-1].tls_cert, applied[-1].tls_key) == (cert, key)
    assert "cannot be used" in await _post(client, 422, "certificate", tls_cert=str(cert), tls_key="/nonexistent")
    assert "cannot be used" in await _post(client, 422, "certificate", tls_cert=str(cert), tls_key="")
    assert "path of a file" in await _post(client, 422, "certificate", tls_cert="../x", tls_key=str(key))
    assert (await mail.context.settings.current()).tls_key == key


async def test_trusted_proxies_act_on_the_next_request(mail: Mail) -> None:
    client = await english_admin(mail)
    await _post(client, 200, "proxies", trusted_proxies="10.0.0.0/8, 192.0.2.7\n::1")
    await client.get("/admin/settings")
    held = mail.site.extensions[EXTENSION]
    assert held.proxies.networks == tuple(
        ipaddress.ip_network(each) for each in ("10.0.0.0/8", "192.0.2.7", "::1")
    )  # fmt: skip
    html = await _post(client, 422, "proxies", trusted_proxies="10.0.0.0/8 <b>")
    assert "“&lt;b&gt;” is not an address or network" in html


async def test_what_the_environment_says_is_shown_as_fixed(mail: Mail, tmp_path: Path) -> None:
    config = load({"MAILAPP_DATA_DIR": str(tmp_path / "data"), "MAILAPP_TRUSTED_PROXIES": "10.1.0.0/16"})
    held = mail.site.extensions[EXTENSION]
    settings = Settings(mail.context.database, config)
    held.context = dataclasses.replace(mail.context, config=config, settings=settings)
    client = await english_admin(mail)
    html = str(await (await client.get("/admin/settings")).get_data(as_text=True))
    assert "10.1.0.0/16" in html
    assert 'name="trusted_proxies"' not in html
    assert "environment of the server says this" in await _post(client, 422, "proxies", trusted_proxies="::1")
    assert (await settings.current()).proxies == config.trusted_proxies


async def test_a_form_that_is_refused_keeps_what_was_typed(mail: Mail) -> None:
    client = await english_admin(mail)
    response = await client.post(
        "/admin/settings",
        form={"group": "proxies", "trusted_proxies": "nonsense"},
        headers={**SAME_ORIGIN, **FRAGMENT},
    )
    piece = str(await response.get_data(as_text=True))
    assert piece.startswith('<div id="site-settings"')
    assert ">nonsense</textarea>" in piece
    assert await mail.context.database.read(audit.page, 0, 1) == []

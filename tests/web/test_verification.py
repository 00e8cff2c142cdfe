"""/Mail: the newest verification mail of a recipient, for a token that reaches it, with the original's answers."""

from urllib.parse import quote

import pytest

from mailapp.flow.tokens import Tokens
from mailapp.store import settings
from mailapp.store.tokens import NewToken
from tests.api.conftest import SHOP, code_letter
from tests.conftest import DOMAIN
from tests.web.conftest import LIN, Mail, letter

HTML = """<p>Your verification code is <b>482913</b></p><script>steal()</script><img src="https://t.example/x.gif">"""


async def token_of(mail: Mail, *scopes: str, **more: object) -> str:
    held: Tokens = mail.context.tokens
    return (await held.add(mail.lin, NewToken(scopes or ("codes",), **more)))[0]  # type: ignore[arg-type]


async def ask(mail: Mail, token: str | None, address: str | None):  # type: ignore[no-untyped-def]
    given = {"token": token, "mail": address}
    query = "&".join(f"{name}={quote(value)}" for name, value in given.items() if value is not None)
    return await mail.site.test_client().get(f"/Mail?{query}")


async def test_the_newest_verification_mail_is_shown_sanitised(mail: Mail) -> None:
    await mail.deliver(code_letter("111111"), SHOP)
    rich = code_letter("482913")
    rich.add_alternative(HTML, subtype="html")
    await mail.deliver(rich, SHOP)
    await mail.deliver(letter("No code"), SHOP)
    found = await ask(mail, await token_of(mail), SHOP)
    body = await found.get_data(as_text=True)
    assert (found.status_code, found.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "482913" in body
    assert "script" not in body
    assert "t.example" not in body
    policy = found.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert (found.headers["Cache-Control"], found.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


async def test_mail_of_plain_text_is_plain_text(mail: Mail) -> None:
    await mail.deliver(code_letter("482913"), SHOP)
    found = await ask(mail, await token_of(mail), SHOP)
    assert found.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "482913" in await found.get_data(as_text=True)


@pytest.mark.parametrize(
    ("token", "address", "status", "error"),
    [
        (None, SHOP, 401, "Invalid token"),
        ("2088", SHOP, 401, "Invalid token"),
        (None, None, 401, "Invalid token"),
        ("right", None, 400, "mail parameter is missing"),
        ("right", "", 400, "mail parameter is missing"),
        ("right", f"nobody@{DOMAIN}", 404, "Verification email not found"),
        ("right", "%00\u2028", 404, "Verification email not found"),
    ],
)
async def test_errors_are_those_of_the_original(
    mail: Mail, token: str | None, address: str | None, status: int, error: str
) -> None:
    await mail.deliver(code_letter(), SHOP)
    found = await ask(mail, await token_of(mail) if token == "right" else token, address)
    assert (found.status_code, await found.get_json()) == (status, {"error": error})
    assert found.headers["Cache-Control"] == "no-store"


async def test_a_token_reaches_what_it_may_and_no_more(mail: Mail) -> None:
    await mail.deliver(code_letter("482913"), SHOP)
    await mail.deliver(code_letter("555555"), LIN)
    limited = await token_of(mail, addresses=(SHOP,))
    assert "482913" in await (await ask(mail, limited, SHOP)).get_data(as_text=True)
    # what came for Lin is out of its reach; what came for the shop names Lin in its To field
    assert "482913" in await (await ask(mail, limited, LIN)).get_data(as_text=True)
    assert (await ask(mail, await token_of(mail, "read"), SHOP)).status_code == 401
    anns = (await mail.context.tokens.add(mail.ann, NewToken(("codes",))))[0]
    assert (await ask(mail, anns, SHOP)).status_code == 404


async def test_forwarded_mail_and_the_subjects_of_the_original_are_found(mail: Mail) -> None:
    forwarded = letter("验证您的电子邮件地址", "请点击下面的按钮。")
    forwarded["Delivered-To"] = "me@elsewhere.example"
    await mail.deliver(forwarded, f"catch@{DOMAIN}")
    found = await ask(mail, await token_of(mail), "me@elsewhere.example")
    assert (found.status_code, "请点击" in await found.get_data(as_text=True)) == (200, True)


async def test_mail_in_the_trash_is_not_shown(mail: Mail) -> None:
    message_id = await mail.deliver(code_letter(), SHOP)
    await mail.context.filing.delete(mail.lin, [message_id])
    assert (await ask(mail, await token_of(mail), SHOP)).status_code == 404


async def test_requests_count_against_the_token(mail: Mail) -> None:
    await mail.context.database.write(settings.set_, "api_requests_limit", "1")
    token = await token_of(mail)
    assert (await ask(mail, token, SHOP)).status_code == 404
    found = await ask(mail, token, SHOP)
    assert (found.status_code, "Retry-After" in found.headers) == (429, True)

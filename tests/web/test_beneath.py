"""The quiet lines beneath a message's header."""

from tests.web.conftest import FRAGMENT, LIN, Mail, letter


async def shown(mail: Mail, message_id: int, language: str = "en") -> str:
    client = await mail.client()
    response = await client.get(f"/messages/{message_id}", headers={**FRAGMENT, "Accept-Language": language})
    return await response.get_data(as_text=True)


async def test_an_ordinary_letter_has_none(mail: Mail) -> None:
    message_id = await mail.deliver(letter(html="<a href='https://sanlian.example'>sanlian.example</a>"))
    assert "caution" not in await shown(mail, message_id)


async def test_the_serious_is_said_first_and_looks_so(mail: Mail) -> None:
    message = letter(html="<a href='https://x.test'>bank.com</a>", sender='"chef@yuanye.example" <a@evil.example>')
    message["Reply-To"] = "b@gmail.com"
    html = await shown(mail, await mail.deliver(message))
    assert 'class="caution serious"' in html
    assert html.index("it was sent from a@evil.example") < html.index("An answer goes to b@gmail.com")
    assert "A link shows bank.com but leads to x.test." in html


async def test_it_is_said_in_chinese(mail: Mail) -> None:
    message_id = await mail.deliver(letter(sender="PayPal <a@evil.example>"))
    assert "自称是“PayPal”，却来自 evil.example。" in await shown(mail, message_id, "zh-CN")


async def test_names_of_strangers_stay_text(mail: Mail) -> None:
    message_id = await mail.deliver(letter(sender='"<b>x</b>@yuanye.example" <a@evil.example>'))
    assert "<b>x" not in await shown(mail, message_id)


async def test_a_look_alike_of_our_domain_is_told(mail: Mail) -> None:
    html = await shown(mail, await mail.deliver(letter(sender="Chef <chef@yuanyee.example>")))
    assert "yuanyee.example looks like yuanye.example" in html


async def test_html_too_large_to_be_checked_is_shown_as_text(mail: Mail) -> None:
    message = letter()
    message.set_content("<p>你好 friend</p>" * 45_000, subtype="html")
    message_id = await mail.deliver(message)
    html = await shown(mail, message_id)
    assert "<iframe" not in html
    assert "Shown as text" in html
    assert "你好 friend" in html
    client = await mail.client()
    body = await client.get(f"/messages/{message_id}/body")
    assert (body.status_code, body.headers["Location"]) == (303, f"/messages/{message_id}")


async def test_what_the_account_wrote_itself_has_none(mail: Mail) -> None:
    client = await mail.client()
    form = {
        "to": "a@b.example",
        "subject": "x",
        "key": "k",
        "from": LIN,
        "html": "<a href='https://x.test'>bank.com</a>",
    }
    assert (await client.post("/submissions", form=form, headers={"Sec-Fetch-Site": "same-origin"})).status_code == 303
    newest = "SELECT max(id) FROM messages"
    message_id = await mail.context.database.read(lambda db: db.execute(newest).fetchone()[0])
    html = await shown(mail, message_id)
    assert "letter-frame" in html
    assert "caution" not in html

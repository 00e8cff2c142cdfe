"""GET /compose: new messages, answers, forwards, drafts gone on with."""

import html
import re

from quart.testing import QuartClient

from mailapp.flow import preferences
from mailapp.mail.draft import Draft
from tests.conftest import make_account
from tests.web.conftest import ANN, FRAGMENT, LIN, Mail, letter


async def page_of(client: QuartClient, path: str) -> str:
    response = await client.get(path, headers=FRAGMENT)
    assert response.status_code == 200, path
    return str(await response.get_data(as_text=True))


def value_of(page: str, name: str) -> str:
    """What a field of the form holds."""
    found = re.search(rf'<input[^>]* name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return html.unescape(found[1])


def text_of(page: str, name: str = "compose-text") -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def sender_of(page: str) -> str:
    found = re.search(r'<option value="([^"]*)"[^>]* selected>', page)
    return "" if found is None else found[1]


async def test_a_new_message_is_a_page_with_the_list_and_a_fragment_without(mail: Mail) -> None:
    client = await mail.client()
    page = await client.get(f"/compose?to={ANN}")
    assert page.status_code == 200
    whole = str(await page.get_data(as_text=True))
    assert 'id="message-list"' in whole
    assert 'action="/submissions"' in whole
    assert value_of(whole, "to") == ANN
    fragment = await page_of(client, "/compose")
    assert fragment.lstrip().startswith('<section id="compose-pane"')
    assert sender_of(fragment) == LIN


async def test_every_compose_page_has_a_key_of_its_own(mail: Mail) -> None:
    client = await mail.client()
    keys = {value_of(await page_of(client, "/compose"), "key") for _ in range(3)}
    assert len(keys) == 3


async def test_no_page_takes_inline_styles_or_scripts_compose_included(mail: Mail) -> None:
    client = await mail.client()
    for path in ("/compose", "/mail/inbox", "/settings"):
        policy = (await client.get(path)).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "style-src 'self';" in policy


async def test_a_reply_comes_from_the_address_the_mail_was_sent_to(mail: Mail) -> None:
    client = await mail.client()
    message_id = await mail.deliver(letter("Offer"), to="shop+news@yuanye.example")
    page = await page_of(client, f"/compose?reply={message_id}")
    assert sender_of(page) == "shop+news@yuanye.example"
    assert value_of(page, "to") == "周婧 <zhou@sanlian.example>"
    assert value_of(page, "subject") == "Re: Offer"
    assert value_of(page, "answers") == str(message_id)
    assert "> A letter." in text_of(page)


async def test_reply_all_leaves_oneself_out_and_keeps_the_thread(mail: Mail) -> None:
    message = letter("Plan")
    message.replace_header("To", f"{LIN}, Marta <marta@kiln.example>")
    message["Cc"] = "bo@kiln.example"
    message["Message-ID"] = "<two@sanlian.example>"
    message["References"] = "<one@sanlian.example>"
    message_id = await mail.deliver(message)
    page = await page_of(await mail.client(), f"/compose?reply_all={message_id}")
    assert value_of(page, "to") == "周婧 <zhou@sanlian.example>, Marta <marta@kiln.example>"
    assert value_of(page, "cc") == "bo@kiln.example"
    assert value_of(page, "in_reply_to") == "two@sanlian.example"
    assert value_of(page, "references") == "one@sanlian.example two@sanlian.example"


async def test_an_answer_stands_beside_what_it_answers(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Plan", "The plan is good."))
    client = await mail.client()
    page = str(await (await client.get(f"/compose?reply={message_id}")).get_data(as_text=True))
    assert f'data-id="{message_id}"' in page
    assert 'class="letter plain"' in page


async def test_a_forward_offers_the_files_and_keeps_the_words(mail: Mail) -> None:
    message = letter("Bill", "Please pay.")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="账单.pdf")
    message_id = await mail.deliver(message)
    page = await page_of(await mail.client(), f"/compose?forward={message_id}")
    assert 'name="originals"' in page
    assert "账单.pdf" in page
    assert value_of(page, "to") == ""
    assert value_of(page, "subject") == "Fwd: Bill"
    assert "Please pay." in text_of(page)


async def test_the_signature_of_the_address_stands_above_the_quotation(mail: Mail) -> None:
    await preferences.set_writing(mail.context.database, mail.lin, 10, {LIN: "Lin Yue\nYuanye", ANN: "not mine"})
    message_id = await mail.deliver(letter("Hi"))
    client = await mail.client()
    assert text_of(await page_of(client, "/compose")) == "\n\n-- \nLin Yue\nYuanye\n\n"
    text = text_of(await page_of(client, f"/compose?reply={message_id}"))
    assert text.index("-- \nLin Yue") < text.index("> A letter.")
    assert "not mine" not in await page_of(await mail.client(ANN), "/compose")


async def test_a_draft_opens_as_it_was_left_and_only_for_its_account(mail: Mail) -> None:
    draft = Draft(from_=LIN, to="a@b.example, nonsense", subject='<b>"Hi"</b>', text="  one\n\ntwo ")
    saved = await mail.context.drafting.save(mail.lin, "k1", draft, None)
    client = await mail.client()
    page = await page_of(client, f"/compose?draft={saved.draft_id}")
    assert value_of(page, "to") == "a@b.example, nonsense"
    assert value_of(page, "subject") == '<b>"Hi"</b>'
    assert text_of(page) == "  one\n\ntwo "
    assert value_of(page, "key") == "k1"
    assert value_of(page, "revision") == "1"
    ann = await mail.client(ANN)
    assert (await ann.get(f"/compose?draft={saved.draft_id}")).status_code == 404
    assert (await ann.get("/compose?draft=999999")).status_code == 404


async def test_the_row_of_a_draft_leads_to_compose(mail: Mail) -> None:
    saved = await mail.context.drafting.save(mail.lin, "k1", Draft(from_=LIN, subject="Later"), None)
    client = await mail.client()
    listed = str(await (await client.get("/mail/drafts")).get_data(as_text=True))
    assert f'id="message-{saved.message_id}"' in listed
    plain = await client.get(f"/messages/{saved.message_id}?view=%2Fmail%2Fdrafts")
    assert plain.status_code == 303
    assert plain.headers["Location"] == f"/compose?draft={saved.draft_id}&view=/mail/drafts"
    fragment = await client.get(f"/messages/{saved.message_id}", headers=FRAGMENT)
    assert f'"/compose?draft={saved.draft_id}&' in fragment.headers["HX-Location"]


async def test_what_others_received_can_be_neither_answered_nor_forwarded(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Private"), to=ANN)
    client = await mail.client()
    for kind in ("reply", "reply_all", "forward"):
        assert (await client.get(f"/compose?{kind}={message_id}")).status_code == 404
        assert (await client.get(f"/compose?{kind}=nonsense")).status_code == 404


async def test_nobody_composes_without_a_session(mail: Mail) -> None:
    client = mail.site.test_client()
    assert (await client.get("/compose")).status_code == 303
    assert (await client.get("/compose", headers=FRAGMENT)).status_code == 401
    assert (await client.get("/people?q=a")).status_code == 303


async def test_an_address_with_a_strange_name_breaks_out_of_nothing(mail: Mail) -> None:
    await make_account(mail.context.database, "eve@yuanye.example", name='"><script>alert(1)</script>')
    message = letter("x</textarea><script>alert(2)</script>", "y</textarea><script>alert(3)</script>")
    message.replace_header("From", '"\\"><script>alert(4)</script>" <e@v.example>')
    message_id = await mail.deliver(message)
    page = await page_of(await mail.client(), f"/compose?reply={message_id}")
    assert "<script>alert" not in page

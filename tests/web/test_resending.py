"""Sending a message again: compose with the mail as it was, for those who did not get it; as a plain form."""

import re
import sqlite3
from dataclasses import replace

from mailapp.flow.submission import Submitted
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.mail.parser import decoded, parse
from mailapp.store import accounts, filings, messages
from mailapp.store.contents import StoredContent
from tests.flow.sending import in_pieces
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter
from tests.web.sent import LETTER, accepted, answer, refused, send
from tests.web.test_compose import page_of, sender_of, text_of, value_of
from tests.web.test_queue import html, item_of

FOUR = "周婧 <zhou@sanlian.example>, Marta <marta@kiln.example>"


async def content_of(mail: Mail, message_id: int) -> bytes:
    def read(db: sqlite3.Connection) -> bytes:
        stored = messages.get(db, mail.lin, message_id)
        assert stored is not None
        content = StoredContent(db, stored.content_id)
        return content.read(0, content.size)

    return await mail.context.database.read(read)


def links(page: str) -> list[str]:
    """Where compose is offered for what failed."""
    found = re.findall(r'<a id="anew-[^"]*" class="link-button" href="([^"]+)"', page)
    return [each.replace("&amp;", "&") for each in found]


async def test_a_failed_recipient_can_be_written_to_at_another_address(mail: Mail) -> None:
    sent = await send(mail, to=FOUR, bcc="wei@foxmail.example")
    await answer(mail, sent, zhou=refused(), marta=accepted(), wei=refused())
    page = await html(mail, f"/messages/{sent.message_id}?view=/mail/sent")
    assert page.count("Send to another address") == 2
    assert "Send again to these 2 recipients" in page
    each, _, both = links(page)
    compose = await page_of(await mail.client(), each)
    assert "再次发送：第二版校样" in compose
    assert (value_of(compose, "to"), value_of(compose, "bcc")) == ("周婧 <zhou@sanlian.example>", "")
    assert (value_of(compose, "subject"), sender_of(compose)) == ("第二版校样", LIN)
    assert text_of(compose).strip() == "周婧你好：第二版我看完了。"
    compose = await page_of(await mail.client(), both)
    assert value_of(compose, "to") == "周婧 <zhou@sanlian.example>"
    assert value_of(compose, "bcc") == "wei@foxmail.example"
    whole = await page_of(await mail.client(), f"/compose?again={sent.message_id}")
    assert value_of(whole, "to") == FOUR


async def test_what_failed_for_another_reason_than_its_address_offers_to_send_it_again_beside_the_state(
    mail: Mail,
) -> None:
    sent = await send(mail, to=FOUR)
    await answer(mail, sent, zhou=replace(refused("Looks like spam"), code=554, status="5.7.1"), marta=accepted())
    page = await html(mail, f"/messages/{sent.message_id}?view=/mail/sent")
    failed = page[page.index('class="delivery danger"') :].partition("</li>")[0]
    assert "Send again</a>" in failed
    assert "Send to another address" not in page


async def test_what_is_sent_again_is_a_message_of_its_own_with_its_files(mail: Mail) -> None:
    drafting, pdf = mail.context.drafting, in_pieces(b"%PDF-1")
    saved = await drafting.save(mail.lin, "k1", replace(LETTER, to=FOUR), None)
    await drafting.attach(mail.lin, saved.draft_id, "proofs.pdf", "application/pdf", pdf)
    account = await mail.context.database.read(accounts.get, mail.lin)
    assert account is not None
    first = await mail.context.submission.submit(replace(account, undo_send_s=0), saved.draft_id)
    await answer(mail, first, zhou=refused(), marta=accepted())
    client = await mail.client()
    page = await (await client.get(f"/messages/{first.message_id}?view=/mail/sent")).get_data(as_text=True)
    compose = await page_of(client, links(page)[0])
    names = ("key", "page", "serial", "revision", "in_reply_to", "references", "answers", "forwards", "resends")
    fields = {name: value_of(compose, name) for name in (*names, "subject")}
    fields |= {"from": sender_of(compose), "text": text_of(compose), "to": "new@sanlian.example", "originals": "1"}
    assert 'name="originals" value="1" checked' in compose
    done = await client.post("/submissions", form=fields, headers=SAME_ORIGIN)
    assert done.status_code == 303
    second = await item_of(mail, int(done.headers["Location"].rpartition("/")[2]))
    assert second.id != first.item_id
    assert [each.address for each in second.recipients] == ["new@sanlian.example"]
    before, after = [await content_of(mail, each) for each in (first.message_id, second.message_id)]
    old, new = parse(MemoryContent(before)), parse(MemoryContent(after))
    assert new.message_id != old.message_id
    assert new.text.strip() == old.text.strip()
    (part,) = new.attachments
    assert (part.name, b"".join(decoded(MemoryContent(after), part))) == ("proofs.pdf", b"%PDF-1")
    assert [each.state for each in (await item_of(mail, first.item_id)).recipients] == ["failed", "sent"]


async def test_only_ones_own_sent_mail_can_be_sent_again(mail: Mail) -> None:
    sent = await send(mail)
    received = await mail.deliver(letter("Hello"))
    lin, ann = await mail.client(), await mail.client(ANN)
    assert (await ann.get(f"/compose?again={sent.message_id}", headers=FRAGMENT)).status_code == 404
    assert (await lin.get(f"/compose?again={received}", headers=FRAGMENT)).status_code == 404
    assert (await lin.get(f"/compose?again={sent.message_id}&recipient=x", headers=FRAGMENT)).status_code == 404


async def test_the_outbox_offers_it_while_the_copy_in_sent_is_there(mail: Mail) -> None:
    sent = await send(mail)
    await answer(mail, sent, zhou=refused())
    assert len(links(await html(mail, "/queue"))) == 1
    await mail.context.database.write(filings.erase, mail.lin, sent.message_id)
    assert links(await html(mail, "/queue")) == []
    assert (await item_of(mail, sent.item_id)).recipients[0].state == "failed"


NOTICE = """From: Mail Delivery <{sender}>
To: lin@yuanye.example
Subject: Undelivered
In-Reply-To: <{about}>

It came back.
"""


async def _bounces(mail: Mail, sent: Submitted, sender: str, reverse_path: str = "") -> int:
    """Something that names the message comes in; its id."""
    about = parse(MemoryContent(await content_of(mail, sent.message_id))).message_id
    content = NOTICE.format(sender=sender, about=about).replace("\n", "\r\n").encode()
    envelope = Envelope(reverse_path, (LIN,), "203.0.113.9", "mx.far.example")
    return int(await mail.delivery.deliver(envelope, MemoryContent(content)), 16)


async def test_a_failure_leads_to_the_notice_of_it_and_to_nothing_else_that_names_the_mail(mail: Mail) -> None:
    sent = await send(mail)
    path = f"/messages/{sent.message_id}?view=/mail/sent"
    await answer(mail, sent, zhou=refused())
    assert "Read the notice" not in await html(mail, path)
    await _bounces(mail, sent, "zhou@sanlian.example")  # out of office
    await _bounces(mail, sent, "postmaster@evil.example", "postmaster@evil.example")
    assert "Read the notice" not in await html(mail, path)
    notice_id = await _bounces(mail, sent, "MAILER-DAEMON@far.example")
    assert f'href="/messages/{notice_id}">Read the notice</a>' in await html(mail, path)
    assert "It came back." in await html(mail, f"/messages/{notice_id}")

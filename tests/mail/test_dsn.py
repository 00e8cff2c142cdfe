"""Delivery status notifications, ours and those of others."""

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.content import MemoryContent
from mailapp.mail.dsn import DeliveryReport, DsnWords, Notice, Undelivered, read, report
from mailapp.mail.message import Person
from mailapp.mail.parser import parse
from tests.mail.letters import check_wire

NOW = datetime(2026, 11, 23, 8, 30, 5, tzinfo=UTC)
NOTICE = Notice(
    hostname="mail.home.example",
    from_=Person("邮件系统", "postmaster@home.example"),
    to="ann@home.example",
    message_id="d1@home.example",
    date=NOW,
    words=(
        DsnWords("未能送达：Plan", "未能送达："),
        DsnWords("Not delivered", "Could not be delivered:", "No more attempts."),
    ),
    recipients=(
        Undelivered("bob@else.example", "5.1.1", "550 5.1.1 no such user 张三\r\nBcc: x", "mx.else.example", NOW),
        Undelivered("张三@else.example", "", "no relay"),
    ),
    original_id="1@home.example",
    original_header=b"From: ann@home.example\r\nMessage-ID: <1@home.example>\r\nSubject: Plan\r\n\r\n",
    arrived=NOW,
)


def _read(data: bytes | str) -> DeliveryReport | None:
    content = MemoryContent(data if isinstance(data, bytes) else data.replace("\n", "\r\n").encode())
    return read(parse(content), content)


def test_a_failure_is_said_to_people_and_to_programs() -> None:
    data = report(NOTICE)
    names = check_wire(data)
    assert "auto-submitted" in names
    message = email.message_from_bytes(data, policy=default)
    assert message.get_content_type() == "multipart/report"
    assert message["content-type"].params["report-type"] == "delivery-status"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    text = parse(MemoryContent(data)).text
    assert "bob@else.example\n    550 5.1.1 no such user 张三 Bcc: x" in text
    assert text.index("未能送达：") < text.index("Could not be delivered:") < text.index("No more attempts.")


def test_people_are_told_why_in_their_language_and_programs_in_the_relays_words() -> None:
    words = DsnWords("未能送达", "未能送达：", reasons=("中继不收这个地址", ""))
    data = report(replace(NOTICE, words=(words,)))
    text = parse(MemoryContent(data)).text
    assert "bob@else.example\n    中继不收这个地址\n" in text
    assert "张三@else.example\n    no relay" in text
    assert b"Diagnostic-Code: smtp; 550 5.1.1 no such user" in data


def test_our_own_notification_is_read_back() -> None:
    found = _read(report(NOTICE))
    assert found is not None
    assert found.original_id == "1@home.example"
    assert [(one.address, one.action, one.status) for one in found.recipients] == [
        ("bob@else.example", "failed", "5.1.1"),
        ("张三@else.example", "failed", "5.0.0"),
    ]
    assert found.recipients[0].reason == "550 5.1.1 no such user ?? Bcc: x"


def test_a_delay_promises_more_attempts() -> None:
    data = report(replace(NOTICE, delayed=True, retry_until=NOW))
    assert b"Action: delayed\r\nStatus: 4.0.0\r\n" in data
    assert data.count(b"Will-Retry-Until: Mon, 23 Nov 2026 08:30:05 +0000") == 2
    found = _read(data)
    assert found is not None
    assert {one.action for one in found.recipients} == {"delayed"}


def test_a_header_with_any_bytes_goes_back_harmless() -> None:
    header = b"Subject: \xff\xe4\r\nX: " + b"y" * 3000 + b"\n--=_d_\nFrom x\r\n" + b"z" * 100_000
    check_wire(report(replace(NOTICE, original_header=header)))
    check_wire(report(replace(NOTICE, to="a@b\r\nBcc: <x@y>", hostname="h\r\nX: y", original_id="", words=())))


FOREIGN = """From: MAILER-DAEMON@else.example
To: ann@home.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Description: Notification

I'm sorry
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.else.example
Arrival-Date: Mon, 23 Nov 2026 05:54:22 +0800

Original-Recipient: rfc822;bob@else.example
Final-Recipient: rfc822; robert@inner.example
Action: Failed (for good)
Status: 5.2.2 (mailbox full)
Diagnostic-Code: smtp; 552 5.2.2 Mailbox
    full

Final-Recipient: RFC822; <carl@else.example>
Action: delivered
Status: 2.1.5
--B
Content-Type: message/rfc822

From: ann@home.example
Message-ID:
 <1@home.example>

Hello
--B--
"""


def test_a_notification_of_another_server_is_understood() -> None:
    found = _read(FOREIGN)
    assert found is not None
    assert found.original_id == "1@home.example"
    bob, carl = found.recipients
    assert (bob.address, bob.final_address) == ("bob@else.example", "robert@inner.example")
    assert (bob.action, bob.status, bob.reason) == ("failed", "5.2.2", "552 5.2.2 Mailbox full")
    assert (carl.address, carl.action, carl.status, carl.reason) == ("carl@else.example", "delivered", "2.1.5", "")


def test_where_nothing_came_back_the_conversation_tells_which_message() -> None:
    text = FOREIGN.replace("Message-ID:\n <1@home.example>", "X: y").replace("To: ann", "In-Reply-To: <7@x>\nTo: ann")
    found = _read(text)
    assert found is not None
    assert found.original_id == "7@x"


def test_other_mail_reports_nothing() -> None:
    assert _read("Subject: Undelivered\n\nmessage/delivery-status\nAction: failed\n") is None
    assert _read(FOREIGN.replace("Action: ", "Deed: ")) is None


@given(st.binary(max_size=300))
def test_reading_never_raises(status: bytes) -> None:
    data = FOREIGN.replace("\n", "\r\n").encode()
    _read(data.replace(b"Original-Recipient: rfc822;bob@else.example", status))
    _read(data.replace(b"bob@else.example", status).replace(b"1@home.example", status))

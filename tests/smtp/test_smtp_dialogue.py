import asyncio
import smtplib

import pytest
from aiosmtpd.smtp import SMTP

from mailapp.mail.errors import TemporaryFailure


async def test_ehlo_offers_what_the_server_does(start):
    house = await start(max_message_size=12345)
    client = await house.connect()
    assert await client.reply() == "220 mx.example ESMTP"
    offers = [line[4:] for line in (await client.command("EHLO me")).split("\n")]
    assert offers == ["mx.example", "SIZE 12345", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES", "HELP"]


async def test_a_plain_message_arrives_with_its_envelope(house):
    client = await house.connect()
    await client.greet("邮件.example")
    assert await client.message() == "250 2.0.0 Ok: id1"
    (message,) = house.recorder.messages
    assert message.content == b"Subject: hi\r\n\r\nhello\r\n"
    assert message.envelope.reverse_path == "a@b.example"
    assert message.envelope.forward_paths == ("x@y.example",)
    assert message.envelope.peer == "127.0.0.1"
    assert message.envelope.helo == "邮件.example"
    assert message.envelope.protocol == "ESMTP"
    assert house.log.events[-1][0::2] == ("accepted", 22)


@pytest.mark.parametrize(
    ("hello", "params", "protocol"), [("HELO", "", "SMTP"), ("EHLO", "", "ESMTP"), ("EHLO", " SMTPUTF8", "UTF8SMTP")]
)
async def test_the_protocol_of_the_received_field(house, hello, params, protocol):
    client = await house.connect()
    await client.reply()
    await client.command(f"{hello} me")
    assert (await client.command(f"MAIL FROM:<a@b>{params}")).startswith("250 ")
    await client.command("RCPT TO:<x@y>")
    await client.command("DATA")
    await client.command("hi\r\n.")
    assert house.recorder.messages[0].envelope.protocol == protocol


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("MAIL FROM:<>", ""),
        ("mail from: <A@b.example>", "A@b.example"),
        ("MAIL FROM:<a@b> SIZE=1000 BODY=8BITMIME SMTPUTF8", "a@b"),
        ("MAIL FROM:<a@b> body=7bit", "a@b"),
        ("MAIL FROM:<用户@例子.example> SMTPUTF8", "用户@例子.example"),
        ("MAIL FROM:a@b.example", "a@b.example"),
        ('MAIL FROM:<"a b"@c.example>', '"a b"@c.example'),
        ("MAIL FROM:<@relay.example:a@b.example>", "a@b.example"),
        ("MAIL FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("MAIL FROM:<>  SIZE=10", ""),
    ],
)
async def test_reverse_paths_in_every_form(house, command, path):
    client = await house.client()
    assert (await client.command(command)).startswith("250 2.")
    await client.command("RCPT TO:<x@y>")
    await client.command("DATA")
    await client.command("hi\r\n.")
    assert house.recorder.messages[0].envelope.reverse_path == path


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("MAIL FROM:<a@b> SIZE=36700161", "552 5.3.4"),
        ("MAIL FROM:<a@b> SIZE=99999999999999999999999", "552 5.3.4"),
        ("MAIL FROM:<a@b> RET=FULL", "555 5.5.4"),
        ("MAIL FROM:<a@b> BODY=BINARYMIME", "501 5.5.4"),
        ("MAIL FROM:<a@b> SIZE=x", "501 5.5.4"),
        ("MAIL FROM:<a@b> SIZE=²", "5"),
        ("MAIL FROM:<a@b", "553 5.1.3"),
        ("MAIL FROM:" + "(" * 1500, "5"),
        (b"MAIL FROM:<a\x00@b>", "553 5.1.3"),
        (b"MAIL FROM:<a\rX@b>", "553 5.1.3"),
        (b"MAIL FROM:<a\xff@b>", "553 5.1.3"),
        ("MAIL", "501 5.5.4"),
        ("MAIL TO:<a@b>", "501 5.5.4"),
        ("RCPT TO:<a@b>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("EHLO", "501 5.5.4"),
        ("QUIT now", "501 5.5.4"),
        ("RSET now", "501 5.5.4"),
        ("VRFY", "501 5.5.4"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ("EXPN list", "502 5.5.1"),
        ("STARTTLS", "503 5.5.1"),
        ("BOGUS", "500 5.5.2"),
        ("GET / HTTP/1.1", "500 5.5.2"),
        (b"\xff\xfe", "500 5.5.2"),
        ("", "500 5.5.2"),
    ],
)
async def test_commands_that_make_no_sense_get_a_reply_and_the_session_goes_on(house, command, code):
    client = await house.client()
    assert (await client.command(command)).startswith(code)
    assert await client.message() == "250 2.0.0 Ok: id1"


async def test_vrfy_tells_nothing_and_help_names_the_commands(house):
    client = await house.client()
    assert (await client.command("VRFY someone")).startswith("252 2.0.0")
    assert "STARTTLS" in await client.command("HELP")
    assert "AUTH" not in await client.command("HELP MAIL")


async def test_mail_needs_a_greeting_first(house):
    client = await house.connect()
    await client.reply()
    assert (await client.command("MAIL FROM:<a@b>")).startswith("503 5.5.1")
    assert (await client.command("RCPT TO:<a@b>")).startswith("503 5.5.1")


async def test_a_second_mail_command_is_refused_and_rset_ehlo_and_helo_start_over(house):
    client = await house.client()
    for command in ("RSET", "EHLO again", "HELO again"):
        assert (await client.command("MAIL FROM:<>")).startswith("250 ")
        assert (await client.command("MAIL FROM:<>")).startswith("503 5.5.1")
        assert (await client.command(command)).startswith("250")
        assert (await client.command("RCPT TO:<x@y>")).startswith("503 ")


async def test_the_receiver_decides_on_recipients(house):
    client = await house.client()
    await client.command("MAIL FROM:<a@b>")
    assert await client.command("RCPT TO:<unknown@y>") == "550 5.1.1 No such address"
    assert await client.command('RCPT TO:<"not known"@y>') == "250 2.1.5 Ok"
    assert await client.command("RCPT TO:<Postmaster>") == "250 2.1.5 Ok"
    assert house.recorder.checked == ["unknown@y", '"not known"@y', "Postmaster"]
    assert ("refused", "127.0.0.1", "550 5.1.1 No such address", "a@b", "unknown@y") in house.log.events


async def test_without_an_accepted_recipient_there_is_no_data(house):
    client = await house.client()
    await client.command("MAIL FROM:<a@b>")
    await client.command("RCPT TO:<unknown@y>")
    assert await client.command("DATA") == "554 5.5.1 No valid recipients"


async def test_a_recipient_named_twice_counts_once(house):
    client = await house.client()
    await client.begin("x@y", "z@y", "x@y")
    await client.command("hi\r\n.")
    assert house.recorder.messages[0].envelope.forward_paths == ("x@y", "z@y")


async def test_failures_of_ours_are_temporary_and_tell_nothing_of_the_mail(house, caplog):
    client = await house.client()
    await client.command("MAIL FROM:<a@b>")
    house.recorder.check_error = ValueError("secret-in-error")
    assert await client.command("RCPT TO:<x@y>") == "451 4.3.0 Local error in processing"
    house.recorder.check_error = TemporaryFailure("Later\r\n250 ok")
    assert await client.command("RCPT TO:<x@y>") == "451 4.3.0 Later??250 ok"
    house.recorder.check_error = None
    await client.command("RCPT TO:<x@y>")
    house.recorder.deliver_error = ValueError("secret-in-error")
    await client.command("DATA")
    assert await client.command("body-of-mail\r\n.") == "451 4.3.0 Local error in processing"
    assert "ValueError" in caplog.text
    assert "secret-in-error" not in caplog.text
    assert "body-of-mail" not in caplog.text
    house.recorder.deliver_error = None
    assert await client.message() == "250 2.0.0 Ok: id1"


async def test_whole_dialogues_sent_in_a_single_write_are_answered_in_order(house):
    client = await house.connect()
    one = b"MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nRCPT TO:<unknown@y>\r\nDATA\r\nhello %d\r\n..dot\r\n.\r\n"
    await client.send(b"EHLO me\r\n" + b"".join(one % number for number in range(50)) + b"QUIT\r\n")
    replies = await client.replies(2 + 50 * 5 + 1)
    assert [reply[:3] for reply in replies] == ["220", "250", *["250", "250", "550", "354", "250"] * 50, "221"]
    assert await client.rest() == b""
    assert [m.content for m in house.recorder.messages] == [b"hello %d\r\n.dot\r\n" % n for n in range(50)]


async def test_more_than_a_reading_buffer_of_pipelined_messages_is_taken(start):
    house = await start(limits={"messages": 10_000})
    client = await house.client()
    one = b"MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\n" + b"x" * 5000 + b"\r\n.\r\n"
    sending = asyncio.create_task(client.send(one * 200))
    replies = await client.replies(800)
    await sending
    assert replies[3::4] == [f"250 2.0.0 Ok: id{n}" for n in range(1, 201)]


async def test_commands_that_come_byte_by_byte_work_too(house):
    client = await house.connect()
    for byte in b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\n":
        await client.send(bytes([byte]))
        await asyncio.sleep(0)
    assert [reply[:3] for reply in await client.replies(5)] == ["220", "250", "250", "250", "354"]


async def test_a_client_that_closes_its_writing_half_still_gets_its_replies(house):
    client = await house.connect()
    await client.send(b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n")
    client.writer.write_eof()
    assert (await client.rest()).endswith(b"250 2.0.0 Ok: id1\r\n221 2.0.0 Bye\r\n")


async def test_bare_line_feeds_end_commands(house):
    client = await house.client()
    await client.send(b"MAIL FROM:<a@b>\nRCPT TO:<x@y>\n")
    assert [reply[:3] for reply in await client.replies(2)] == ["250", "250"]


async def test_the_standard_library_can_talk_to_it(house):
    def talk():
        with smtplib.SMTP("127.0.0.1", house.port) as smtp:
            return smtp.sendmail("a@b.example", ["x@y.example", "unknown@y.example"], "Subject: hi\n\n.dots\n..\n")

    refused = await asyncio.to_thread(talk)
    assert list(refused) == ["unknown@y.example"]
    assert house.recorder.messages[0].content == b"Subject: hi\r\n\r\n.dots\r\n..\r\n"


def test_the_parts_of_aiosmtpd_this_builds_on_are_still_there():
    for name in (
        "_handle_client",
        "_call_handler_hook",
        "_getaddr",
        "_create_session",
        "_create_envelope",
        "_set_rset_state",
        "_set_post_data_state",
        "connection_made",
        "connection_lost",
        "data_received",
        "eof_received",
        "pause_writing",
        "resume_writing",
        "smtp_MAIL",
        "smtp_RCPT",
        "push",
    ):
        assert callable(getattr(SMTP, name)), name

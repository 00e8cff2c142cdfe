"""Which part is the letter, which are attachments, and what they are called."""

from base64 import b64encode

import pytest

from mailapp.mail.content import MemoryContent
from mailapp.mail.limits import Limits
from mailapp.mail.parser import decode_text, parse
from tests.mail.support import HTML, TEXT, multipart, part_bytes, read, word


def test_alternative_gives_text_and_html() -> None:
    message = read(multipart(TEXT + "您好", HTML + "<p>您好</p>", kind="alternative"))
    assert (message.text, message.html, message.attachments) == ("您好", "<p>您好</p>", ())


def test_text_is_made_from_html_where_only_that_came() -> None:
    message = read(HTML + "<style>p{}</style><p>验证码 <b>482913</b></p>")
    assert message.text == "验证码 482913"
    assert message.html.startswith("<style>")


def test_an_empty_text_alternative_is_replaced_by_the_html() -> None:
    assert read(multipart(TEXT + "\n", HTML + "<p>words</p>", kind="alternative")).text == "words"


def test_html_is_empty_when_only_text_came() -> None:
    assert read(TEXT + "hello").html == ""


def test_related_pictures_are_inline_attachments() -> None:
    image = "Content-Type: image/png\nContent-ID: <pic@x>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="
    message = read(multipart(HTML + '<img src="cid:pic@x">', image, kind="related"))
    (part,) = message.attachments
    assert (part.content_id, part.inline, part.content_type, part.size) == ("pic@x", True, "image/png", 8)


def test_the_start_parameter_names_the_root_of_related() -> None:
    image = "Content-Type: image/png\nContent-ID: <a>\n\nx"
    root = "Content-Type: text/html\nContent-ID: <root>\n\n<p>letter</p>"
    mail = multipart(image, root, kind="related").replace("multipart/related;", 'multipart/related; start="<root>";')
    assert read(mail).html == "<p>letter</p>"


def test_a_letter_with_an_html_attachment_is_the_letter() -> None:
    attached = 'Content-Type: text/html; name="report.html"\nContent-Disposition: attachment\n\n<h1>report</h1>'
    message = read(multipart(TEXT + "see the report", attached))
    assert (message.text, message.html) == ("see the report", "")
    assert message.attachments[0].name == "report.html"


@pytest.mark.parametrize("disposition", ["", "Content-Disposition: inline\n"])
def test_a_named_html_part_after_the_letter_is_an_attachment_whatever_its_disposition(disposition: str) -> None:
    attached = f'Content-Type: text/html; name="report.html"\n{disposition}\n<h1>report</h1>'
    message = read(multipart(TEXT + "letter", attached))
    assert (message.text, message.html, len(message.attachments)) == ("letter", "", 1)


def test_a_named_html_attachment_before_the_letter_is_still_an_attachment() -> None:
    attached = 'Content-Type: text/html; name="report.html"\n\n<h1>report</h1>'
    message = read(multipart(attached, TEXT + "letter"))
    assert (message.text, message.attachments[0].name) == ("letter", "report.html")


def test_later_inline_text_is_appended() -> None:
    message = read(multipart(TEXT + "letter", TEXT + "footer of the list"))
    assert message.text == "letter\nfooter of the list"


def test_text_after_html_is_appended_to_both() -> None:
    message = read(multipart(HTML + "<p>a</p>", TEXT + "1 < 2"))
    assert message.text == "a\n1 < 2"
    assert "1 &lt; 2" in message.html


def test_nested_alternative_inside_mixed() -> None:
    inner = multipart(TEXT + "t", HTML + "<p>h</p>", kind="alternative", boundary="b2")
    pdf = "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" + b64encode(b"%PDF-1.4").decode()
    mail = multipart(inner, pdf)
    message = read(mail)
    assert (message.text, message.html, message.attachments[0].size) == ("t", "<p>h</p>", 8)
    assert part_bytes(mail) == b"%PDF-1.4"


def test_a_bounce_shows_its_human_text() -> None:
    mail = multipart(
        TEXT + "Your mail could not be delivered",
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx",
        f"Content-Type: message/rfc822\n\nSubject: {word('会议')}\n\nbody",
        kind="report",
        head="From: <>\n",
    )
    message = read(mail)
    assert message.text == "Your mail could not be delivered"
    assert [part.content_type for part in message.attachments] == ["message/delivery-status", "message/rfc822"]


def test_an_attached_message_is_named_after_its_subject() -> None:
    mail = multipart(TEXT + "fwd", f"Content-Type: message/rfc822\n\nSubject: {word('会议 a/b')}\n\nbody")
    assert read(mail).attachments[0].name == "会议 a-b.eml"
    assert read(multipart("Content-Type: message/rfc822\n\n\nx")).attachments[0].name == "message.eml"


def test_a_calendar_is_an_attachment_with_its_type() -> None:
    message = read(
        multipart(TEXT + "come", "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR", kind="alternative")
    )
    assert (message.text, message.attachments[0].content_type) == ("come", "text/calendar")


def test_winmail_dat_is_a_plain_attachment() -> None:
    message = read(multipart(TEXT + "x", 'Content-Type: application/ms-tnef; name="winmail.dat"\n\nxx'))
    assert message.attachments[0].name == "winmail.dat"


def test_a_message_that_is_one_file_is_an_attachment() -> None:
    message = read('Content-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERg==')
    assert (message.text, message.attachments[0].name, message.attachments[0].size) == ("", "a.pdf", 4)


def test_signed_mail_shows_the_letter() -> None:
    message = read(multipart(TEXT + "x", "Content-Type: application/pgp-signature\n\nsig", kind="signed"))
    assert (message.text, len(message.attachments)) == ("x", 1)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('Content-Disposition: attachment; filename="a.pdf"', "a.pdf"),
        ("Content-Disposition: attachment; filename=a b.pdf", "a b.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8''%E5%8F%91%E7%A5%A8.pdf", "发票.pdf"),
        ("Content-Disposition: attachment; filename*=GBK''%B7%A2%C6%B1.pdf", "发票.pdf"),
        (
            "Content-Disposition: attachment;\n filename*0*=utf-8''%E5%8F%91%E7;\n filename*1*=%A5%A8;\n"
            ' filename*2=".pdf"',
            "发票.pdf",
        ),
        (f'Content-Disposition: attachment; filename="{word("发票.pdf")}"', "发票.pdf"),
        (f"Content-Disposition: attachment; filename={word('发票.pdf', 'gbk')}", "发票.pdf"),
        ('Content-Disposition: attachment; filename="发票.pdf"', "发票.pdf"),
        (f'Content-Type: application/pdf; name="{word("发票")}.pdf"\nContent-Disposition: attachment', "发票.pdf"),
        ('Content-Disposition: attachment; filename="..\\..\\etc/passwd"', "passwd"),
        ('Content-Disposition: attachment; filename="C:\\dir\\new.txt"', "new.txt"),
        ('Content-Disposition: attachment; filename="invoice\u202efdp.exe"', "invoicefdp.exe"),
        ('Content-Disposition: attachment; filename="a\\"b.txt"', "a_b.txt"),
        ('Content-Disposition: attachment; filename=".."', ""),
        ('Content-Disposition: attachment; filename="semi;colon.txt"; size=3', "semi;colon.txt"),
        ("Content-Disposition: attachment", ""),
    ],
)
def test_attachment_names_of_every_kind(header: str, name: str) -> None:
    head = header if "Content-Type" in header else f"Content-Type: application/pdf\n{header}"
    assert read(multipart(TEXT + "x", f"{head}\n\nx")).attachments[0].name == name


@pytest.mark.parametrize("charset", ["gbk", "utf-8"])
def test_attachment_names_in_raw_eight_bit_quotes(charset: str) -> None:
    head = b'Content-Type: application/pdf; name="' + "中文发票说明.pdf".encode(charset) + b'"\r\n\r\nx'
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + head + b"\r\n--b--\r\n"
    assert read(data).attachments[0].name == "中文发票说明.pdf"


def test_a_long_name_keeps_its_extension() -> None:
    name = read(multipart(f'Content-Disposition: attachment; filename="{"长" * 500}.docx"\n\nx')).attachments[0].name
    assert len(name) <= 180
    assert name.endswith(".docx")


def test_an_unterminated_multipart_gives_all_it_has() -> None:
    mail = multipart(TEXT + "letter", 'Content-Type: application/pdf; name="a.pdf"\n\nrest').replace("--b1--\n", "")
    message = read(mail)
    assert (message.text, message.attachments[0].name) == ("letter", "a.pdf")


def test_a_boundary_that_begins_like_another_is_not_that_one() -> None:
    inner = multipart(TEXT + "inner --b\n--bb\nx", kind="alternative", boundary="b-inner")
    message = read(multipart(inner, TEXT + "second", boundary="b"))
    assert message.text == "inner --b\n--bb\nx\nsecond"


def test_a_multipart_without_boundary_is_guessed_or_shown() -> None:
    assert read(multipart(TEXT + "letter").replace('; boundary="b1"', "")).text == "letter"
    assert read("Content-Type: multipart/mixed\n\njust words").text == "just words"
    assert read("Content-Type: multipart/mixed; boundary=zzz\n\njust words").text == "just words"


def test_parts_after_the_closing_delimiter_are_not_lost() -> None:
    message = read(multipart(TEXT + "one") + "--b1\n" + TEXT + "two\n--b1--\n")
    assert message.text == "one\ntwo"


def test_a_part_that_is_only_a_header_does_not_swallow_the_next() -> None:
    data = multipart("Content-Type: image/png", TEXT + "letter")
    message = read(data)
    assert (message.text, message.attachments[0].content_type) == ("letter", "image/png")


def test_white_space_after_a_delimiter_is_ignored() -> None:
    assert read(multipart(TEXT + "letter").replace("--b1\n", "--b1 \t\n")).text == "letter"


@pytest.mark.parametrize("charset", ["gbk", "gb2312", "big5", "shift_jis", "euc-kr", "iso-2022-jp", "utf-16", "koi8-r"])
def test_bodies_in_many_charsets(charset: str) -> None:
    words = {"koi8-r": "Привет", "euc-kr": "안녕하세요", "gb2312": "验证码", "gbk": "验证码"}.get(charset, "日本")
    data = b64encode(words.encode(charset)).decode()
    assert (
        read(f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n\n{data}").text == words
    )


def test_an_eight_bit_body_without_charset_is_guessed() -> None:
    assert read(b"Subject: x\r\n\r\n" + "您好，验证码是 482913。".encode("gbk")).text == "您好，验证码是 482913。"
    assert read(b"Subject: x\r\n\r\n" + "您好".encode()).text == "您好"


def test_a_wrong_label_does_not_garble() -> None:
    body = "您好，您的验证码是 482913，五分钟内有效。"
    for label in ("us-ascii", "utf-8", "x-unknown", "iso-8859-1"):
        data = f"Content-Type: text/plain; charset={label}\r\n\r\n".encode()
        assert read(data + body.encode()).text == body
    for label in ("us-ascii", "utf-8", "x-unknown"):
        data = f"Content-Type: text/plain; charset={label}\r\n\r\n".encode()
        assert read(data + body.encode("gbk")).text == body
    assert read(b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + body.encode()).text == body


def test_html_names_its_own_charset() -> None:
    html = '<meta http-equiv="Content-Type" content="text/html; charset=big5"><p>驗證</p>'.encode("big5")
    assert "驗證" in read(b"Content-Type: text/html\r\n\r\n" + html).html


def test_broken_base64_gives_what_can_be_read() -> None:
    head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    assert read(head + "6aqM!!6K+B\n***56CB\n").text == "验证码"
    assert read(head + "6aqM6K+B5").text == "验证"
    assert read(head + "YQ==\nYg==\nYw==").text == "abc"


def test_broken_quoted_printable_gives_what_can_be_read() -> None:
    head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable\n\n"
    assert read(head + "=E9=AA=8C =ZZ =\nsoft 100%=").text.startswith("验 =ZZ soft 100%")


def test_attachments_are_decoded_in_pieces() -> None:
    raw = bytes(range(256)) * 2000
    body = "\n".join(b64encode(raw[at : at + 57]).decode() for at in range(0, len(raw), 57))
    mail = multipart(TEXT + "x", f"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n{body}")
    assert part_bytes(mail) == raw
    assert read(mail).attachments[0].size == len(raw)


def test_beyond_the_limit_of_parts_the_rest_is_one_attachment() -> None:
    data = multipart(*[TEXT + "x"] * 20).replace("\n", "\r\n").encode()
    message = parse(MemoryContent(data), Limits(parts=5))
    assert message.text == "x\nx\nx\nx"
    assert [part.content_type for part in message.attachments] == ["application/octet-stream"]


def test_beyond_the_limit_of_depth_a_multipart_is_an_attachment() -> None:
    mail = TEXT + "deep"
    for level in range(10):
        mail = multipart(mail, boundary=f"x{level}")
    data = mail.encode()
    assert parse(MemoryContent(data), Limits(depth=20)).text == "deep"
    assert len(parse(MemoryContent(data), Limits(depth=5)).attachments) == 1


def test_text_is_cut_at_its_limit_without_half_a_character() -> None:
    data = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "验".encode() * 1000
    assert parse(MemoryContent(data), Limits(text_bytes=100)).text == "验" * 33


def test_decode_text_reads_an_attachment_as_text() -> None:
    mail = multipart(TEXT + "x", "Content-Type: text/plain; charset=gbk; name=a.txt\n\n").encode()
    mail = mail.replace(b"name=a.txt\n\n", b"name=a.txt\n\n" + "发票".encode("gbk"))
    content = MemoryContent(mail)
    assert decode_text(content, parse(content).attachments[0], 100) == "发票"


def test_html_beside_a_text_is_decoded_when_asked_for() -> None:
    message = read(multipart(f"{TEXT}text\n", f"{HTML}<p>三</p>\n", kind="alternative"))
    assert callable(message.html_source)
    assert message.html.strip() == "<p>三</p>"
    assert message.html_source == message.html


def test_the_text_of_a_letter_in_html_alone_is_made_when_asked_for_where_that_is_wished() -> None:
    content = MemoryContent(f"{HTML}<p>三<p>四".replace("\n", "\r\n").encode())
    message = parse(content, text_later=True)
    assert (message.is_text_made, message.preview, message.html) == (False, "", "<p>三<p>四")
    assert message.text == parse(content).text == "三\n\n四"
    assert message.is_text_made
    own = parse(MemoryContent(f"{TEXT}五".replace("\n", "\r\n").encode()), text_later=True)
    assert (own.is_text_made, own.preview) == (True, "五")

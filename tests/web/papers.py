"""Letters as real mailers send them: files, pictures, a PDF a browser shows, an invitation."""

import struct
import zlib
from email.message import EmailMessage

from tests.web.conftest import LIN, letter

QUOTING = (
    "<p>第二版校样已经改完。</p><div class='gmail_quote'><div class='gmail_attr'>在 2026-11-20，林越 写道：</div>"
    "<blockquote class='gmail_quote'><p>第一版我看过了。</p></blockquote></div>"
)
TRACKED = (
    "<p style='color:#363;background:#ffffff'>News</p><img src='https://cdn.example/hero.jpg' width='300' height='100'>"
    "<img src='https://acme.list-manage.com/track/open.php?u=1' width='1' height='1'>"
)
INVITATION = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Berlin:20261201T100000
DTEND;TZID=Europe/Berlin:20261201T113000
SUMMARY:每周例会\\, 第二组
LOCATION:三楼会议室
ORGANIZER;CN=李工:mailto:li@northwind.example
ATTENDEE;CN=Marta;PARTSTAT=ACCEPTED:mailto:m@x.example
RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=10
END:VEVENT
END:VCALENDAR
"""


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def pdf() -> bytes:
    """One page that is red all over."""
    drawing = b"1 0 0 rg 0 0 300 400 re f"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] /Contents 4 0 R /Resources << >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % each for each in offsets)
    size = len(objects) + 1
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + tail


def with_files() -> EmailMessage:
    """A letter with a PDF, a table and two pictures, one of which the letter shows itself."""
    message = letter("《长江手记》校样", "x", html=f"{QUOTING}<img src='cid:logo'>")
    message.get_payload()[1].add_related(png(60, 40, (0, 128, 0)), "image", "png", cid="<logo>", filename="logo.png")
    message.add_attachment(pdf(), maintype="application", subtype="pdf", filename="校样.pdf")
    message.add_attachment(b"a;b", maintype="text", subtype="csv", filename="清单.csv")
    message.add_attachment(png(640, 400, (15, 111, 92)), maintype="image", subtype="png", filename="封面.png")
    message.add_attachment(png(300, 600, (169, 109, 0)), maintype="image", subtype="png", filename="封面.png")
    return message


def with_invitation() -> EmailMessage:
    """A letter that invites."""
    message = letter("邀请：每周例会", "请参加。", sender="李工 <li@northwind.example>")
    data = INVITATION.replace("\n", "\r\n").encode()
    message.add_attachment(data, maintype="text", subtype="calendar", filename="invite.ics")
    return message


def with_every_field() -> EmailMessage:
    """A letter whose header names people in every way there is."""
    message = letter("Fields", "x")
    message["Cc"] = "Marta <marta@press.example>"
    message["Bcc"] = "hidden@press.example"
    message["Reply-To"] = "校样组 <proof@sanlian.example>"
    message["Sender"] = "robot@sanlian.example"
    message["Delivered-To"] = "alias@old.example"
    message["X-Original-To"] = "first@old.example"
    message["Envelope-To"] = "envelope@old.example"
    message["Resent-To"] = "Ann <again@old.example>"
    message["X-ICLOUD-HME"] = "p=abc;s=shop@else.example;r=1"
    message["Message-ID"] = "<abc.123@sanlian.example>"
    message["Received"] = (
        f"from a.example ([203.0.113.9]) by b.example with ESMTPS for <{LIN}>; Thu, 26 Nov 2026 10:00:00 +0800"
    )
    message["Date"] = "Thu, 26 Nov 2026 09:59:58 +0800"
    return message

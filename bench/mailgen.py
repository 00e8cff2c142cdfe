"""Realistic mail, the same for the same seed: multipart with Chinese in the sizes the benchmark asks for.

Every message holds PLACEHOLDER where a number unique to one sending belongs (Received, Message-ID, subject): a load
client replaces it per message, so that a pool of a few dozen letters serves any number of deliveries.
No line exceeds 998 bytes and none begins with a dot, so content goes on the wire as it is.
"""

import base64
import quopri
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

from bench.vocabulary import chinese, english, subject

PLACEHOLDER = b"n000000000000"
"""Thirteen bytes, the width of `tag()`, so that replacing it keeps the size."""

SIZES = {"4k": 4_096, "100k": 102_400}
_LINE = 57  # bytes that make one base64 line of 76


def tag(number: int) -> bytes:
    """The text that takes PLACEHOLDER's place for the message of this number (0 to 10**12 - 1)."""
    return b"n%012d" % number


def encoded_word(text: str) -> str:
    """RFC 2047 words of `text`, each within 75 characters and never splitting a character."""
    words = []
    for start in range(0, len(text), 14):
        words.append(f"=?UTF-8?B?{base64.b64encode(text[start : start + 14].encode()).decode()}?=")
    return "\r\n ".join(words)


def _base64(data: bytes) -> bytes:
    lines = (base64.b64encode(data[at : at + _LINE]) for at in range(0, len(data), _LINE))
    return b"\r\n".join(lines) + b"\r\n"


def _quoted(text: str) -> bytes:
    encoded = quopri.encodestring(text.encode()).replace(b"\r\n", b"\n").replace(b"\n.", b"\n=2E")
    return encoded.replace(b"\n", b"\r\n") + b"\r\n"


def _random_base64(rng: Random, length: int) -> str:
    return base64.b64encode(rng.randbytes(length)).decode()


def headers(rng: Random, topic: str, content_type: str) -> bytes:
    """The fields a big sender's mail arrives with: Received, DKIM-Signature, List-Unsubscribe and the usual ones."""
    host = f"mx{rng.randrange(40)}.sender{rng.randrange(200)}.example"
    unique = PLACEHOLDER.decode()
    signature = _random_base64(rng, 256)
    folded = "\r\n ".join(signature[at : at + 70] for at in range(0, len(signature), 70))
    fields = (
        f"Received: from {host} ([203.0.113.{rng.randrange(256)}]) by relay.example with ESMTPS id {unique}\r\n"
        "\t(version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n\tSun, 22 Nov 2026 09:30:02 +0800",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={host}; s=s1; t=1795311002;\r\n"
        f" bh={_random_base64(rng, 32)};\r\n h=From:To:Subject:Date:Message-ID:MIME-Version;\r\n b={folded}",
        f"From: {encoded_word(subject(rng)[:4])} <service@{host}>",
        f"To: {encoded_word('收件人')} <reader@bench.example>",
        f"Subject: {encoded_word(topic)} {unique}",
        "Date: Sun, 22 Nov 2026 09:30:00 +0800",
        f"Message-ID: <{unique}.{rng.randrange(10**9)}@{host}>",
        f"List-Unsubscribe: <https://{host}/u/{rng.randrange(10**12)}>",
        "X-Mailer: bench",
        "MIME-Version: 1.0",
        f"Content-Type: {content_type}",
    )
    return "\r\n".join(fields).encode() + b"\r\n"


def _part(fields: str, body: bytes) -> bytes:
    return fields.encode() + b"\r\n\r\n" + body


def _multipart(boundary: str, parts: list[bytes]) -> bytes:
    opening = b"--" + boundary.encode() + b"\r\n"
    return opening + (b"\r\n" + opening).join(parts) + b"\r\n--" + boundary.encode() + b"--\r\n"


def _html(rng: Random, sentences: list[str]) -> str:
    rows = "\n".join(
        f'<tr><td style="padding:6px 12px;color:#333">{each}</td>'
        f'<td><a href="https://shop.example/i/{rng.randrange(10**6)}">查看</a></td></tr>'
        for each in sentences
    )
    return f'<html><head><meta charset="utf-8"></head><body>\n<table width="600">\n{rows}\n</table>\n</body></html>\n'


def _alternative(rng: Random, boundary: str, text: list[str], html: list[str]) -> bytes:
    plain = "\n".join(text) + "\n"
    return _multipart(
        boundary,
        [
            _part(
                'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64',
                _base64(plain.encode()),
            ),
            _part(
                'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable',
                _quoted(_html(rng, html)),
            ),
        ],
    )


def small(rng: Random, size: int = SIZES["4k"]) -> bytes:
    """multipart/alternative of about `size` bytes (within 5 per cent; at least about 2,500)."""
    boundary = f"=_alt_{rng.getrandbits(64):016x}"
    top = headers(rng, subject(rng), f'multipart/alternative; boundary="{boundary}"')
    text, html = [chinese(rng)], [chinese(rng)]
    while True:
        content = top + b"\r\n" + _alternative(rng, boundary, text, html)
        missing = size - len(content)
        if missing < 60:
            return content
        text.append(chinese(rng) if missing > 150 else "x" * (missing * 3 // 4 - 10))
        if missing > 1_000:
            html.append(chinese(rng))


def large(rng: Random, size: int = SIZES["100k"]) -> bytes:
    """multipart/mixed of `size` bytes (within 1 per cent): text, about 25 KB of HTML, and a PDF that fills the rest."""
    outer, inner = f"=_mixed_{rng.getrandbits(64):016x}", f"=_alt_{rng.getrandbits(64):016x}"
    top = headers(rng, subject(rng), f'multipart/mixed; boundary="{outer}"')
    letter = _alternative(rng, inner, [chinese(rng) for _ in range(60)], [chinese(rng) for _ in range(90)])
    first = _part(f'Content-Type: multipart/alternative; boundary="{inner}"', letter)
    name = quote("第三季度报告.pdf")
    fields = (
        f"Content-Type: application/pdf; name*=UTF-8''{name}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*=UTF-8''{name}"
    )
    room = size - len(top) - len(first) - len(fields) - 120
    attachment = _base64(b"%PDF-1.7\n" + rng.randbytes(max(0, room * _LINE // 78 - 9)))
    return top + b"\r\n" + _multipart(outer, [first, _part(fields, attachment)])


def code(rng: Random) -> bytes:
    """A verification code: short, plain text in base64."""
    body = f"您的验证码是 {rng.randrange(10**6):06d}，10 分钟内有效。请勿告诉他人。\n"
    top = headers(rng, "您的验证码", 'text/plain; charset="utf-8"')
    return top + b"Content-Transfer-Encoding: base64\r\n\r\n" + _base64(body.encode())


def plain(rng: Random) -> bytes:
    """An English letter in 7bit."""
    lines = "\r\n".join([PLACEHOLDER.decode(), *(english(rng) for _ in range(12))])
    return headers(rng, english(rng)[:20], "text/plain") + b"\r\n" + lines.encode() + b"\r\n"


def newsletter(rng: Random) -> bytes:
    """15 to 40 KB of HTML beside a short text."""
    boundary = f"=_news_{rng.getrandbits(64):016x}"
    top = headers(rng, subject(rng), f'multipart/alternative; boundary="{boundary}"')
    html = [chinese(rng) for _ in range(rng.randrange(50, 130))]
    return top + b"\r\n" + _alternative(rng, boundary, [chinese(rng)] * 3, html)


def pool(kind: str, seed: int = 1, count: int = 48) -> list[bytes]:
    """`count` letters of a kind: "4k", "100k" or "mixed" (codes, newsletters, plain, 4 KB, a few of 100 KB)."""
    rng = Random(seed)
    if kind == "4k":
        return [small(rng) for _ in range(count)]
    if kind == "100k":
        return [large(rng) for _ in range(count)]
    if kind == "mixed":
        makers = (code, plain, small, newsletter, code, plain, small, small, newsletter, code, plain, large)
        return [makers[at % len(makers)](rng) for at in range(count)]
    raise ValueError(f"unknown kind of mail: {kind}")


def big_attachment(number: int, seed: int = 1, size: int = 30 * 1024 * 1024) -> Iterator[bytes]:
    """A letter with an attachment of `size` decoded bytes, in pieces of about 78 KB; ends with a line end."""
    rng = Random(seed)
    boundary = f"=_big_{rng.getrandbits(64):016x}"
    top = headers(rng, "三十兆附件", f'multipart/mixed; boundary="{boundary}"') + b"\r\n"
    letter = _part('Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit', b"big\r\n")
    name = "Content-Type: application/zip; name=big.zip\r\nContent-Transfer-Encoding: base64\r\n"
    name += "Content-Disposition: attachment; filename=big.zip\r\n\r\n"
    opening = b"--" + boundary.encode() + b"\r\n"
    yield (top + opening + letter + b"\r\n" + opening + name.encode()).replace(PLACEHOLDER, tag(number))
    blocks = [_base64(rng.randbytes(_LINE * 1000)) for _ in range(16)]  # repeats beyond a compressor's window
    for at in range(size // (_LINE * 1000)):
        yield blocks[at % 16]
    yield b"--" + boundary.encode() + b"--\r\n"


def big_html(number: int, seed: int = 1, size: int = 27 * 1024 * 1024) -> Iterator[bytes]:
    """One text/html part of `size` bytes, Chinese in 8bit, in pieces of about 60 KB."""
    rng = Random(seed)
    top = headers(rng, "二十七兆正文", 'text/html; charset="utf-8"') + b"Content-Transfer-Encoding: 8bit\r\n\r\n"
    yield (top + b"<html><body>\r\n").replace(PLACEHOLDER, tag(number))
    lines = "".join(f"<p>{chinese(rng)} <b>{english(rng)}</b></p>\r\n" for _ in range(400)).encode()
    for _ in range(size // len(lines)):
        yield lines
    yield b"</body></html>\r\n"

"""Small builders of mail for the tests of mailapp.mail."""

from base64 import b64encode

from mailapp.mail.content import MemoryContent
from mailapp.mail.message import Message
from mailapp.mail.parser import decoded, parse


def read(data: bytes | str) -> Message:
    """Parse bytes, or text whose line ends become CRLF."""
    if isinstance(data, str):
        data = data.replace("\n", "\r\n").encode()
    return parse(MemoryContent(data))


def word(text: str, charset: str = "utf-8") -> str:
    """One encoded word (RFC 2047, B)."""
    return f"=?{charset}?B?{b64encode(text.encode(charset)).decode()}?="


def part_bytes(data: bytes | str, number: int = 1) -> bytes:
    """The decoded bytes of an attachment."""
    if isinstance(data, str):
        data = data.replace("\n", "\r\n").encode()
    content = MemoryContent(data)
    return b"".join(decoded(content, parse(content).attachments[number - 1]))


def multipart(*parts: str, kind: str = "mixed", head: str = "", boundary: str = "b1") -> str:
    """A multipart message of parts, each "header lines, blank line, body"."""
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'{head}Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{body}--{boundary}--\n'


TEXT = "Content-Type: text/plain; charset=utf-8\n\n"
HTML = "Content-Type: text/html; charset=utf-8\n\n"

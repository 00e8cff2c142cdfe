"""Reply lines: always one line of ASCII, always with an enhanced status code (RFC 2034, RFC 3463)."""

_STATUS = {
    "250": "2.0.0",
    "252": "2.0.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "552": "5.3.4",
    "553": "5.1.3",
    "555": "5.5.4",
}
_NAME_LIMIT = 255


def with_status(reply: str) -> str:
    """Put the enhanced status code that fits its code into a reply of the base class."""
    code, text = reply[:3], reply[4:]
    return f"{code} {_STATUS.get(code, code[0] + '.0.0')} {text}"


def one_line(text: str) -> str:
    """Return text that came from elsewhere in a form that can be sent: printable ASCII, no line end."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in text)


def printable(name: str) -> str:
    """Return a name the client gave (HELO) without control characters and undecodable bytes, at most 255 long."""
    name = name[:_NAME_LIMIT]
    if name.isprintable():
        return name
    return "".join(char if char.isprintable() else "?" for char in name)

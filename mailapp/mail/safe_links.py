"""URLs of a letter that may be followed."""

import re

from mailapp.mail.tidy import unbroken

EDGES = "".join(map(chr, (*range(0x21), *range(0x7F, 0xA1), 0x200B, 0xFEFF)))
"""What may stand around a URL."""
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_FORBIDDEN_IN_URL = re.compile(r"[\x00-\x20\x7f\"'<>\\^`{|}]")
_LINKS = {"http", "https", "mailto", "tel"}


def safe_link(value: str) -> str | None:
    """A URL that may be followed, its scheme in lower case; None for any other."""
    url = unbroken(value.strip(EDGES))[:8192]
    if url.startswith("//"):
        url = "https:" + url
    elif url[:4].lower() == "www.":
        url = "http://" + url
    scheme = _SCHEME.match(url)
    if scheme is None or scheme[1].lower() not in _LINKS:
        return None
    url = scheme[1].lower() + url[scheme.end(1) :]
    return _FORBIDDEN_IN_URL.sub(lambda one: "".join(f"%{byte:02X}" for byte in one[0].encode()), url)

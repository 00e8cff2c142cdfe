"""Unsafe methods only from our own pages (CSRF).

Sec-Fetch-Site decides where the browser sends it, else Origin against the request's own Host (not the public URL:
people come through ssh tunnels), else Referer. A request with none of the three is not from a browser of today; it is
let through only where it carries no session that could be ridden on, so that a script can log in. What relay services
post is told by its signature instead.
"""

from urllib.parse import urlsplit

from quart import Request

SAFE = ("GET", "HEAD", "OPTIONS")
SIGNED = "/relay-events/"
"""Below it every request carries a signature, and a session counts for nothing."""
SESSIONLESS = "/v/"
"""Below it no session counts: whoever can name the path could press there themselves."""
DEFAULT_PORTS = {"http": "80", "https": "443"}


def is_allowed(request: Request, session_cookie: str) -> bool:
    """Whether this request may change something."""
    if request.method in SAFE or request.path.startswith(SIGNED):
        return True
    headers = request.headers
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    for name in ("Origin", "Referer"):
        value = headers.get(name)
        if value == "null" and request.path.startswith(SESSIONLESS):
            return True  # of a page that sends no Referer, over plain http
        if value is not None:
            return same_host(value, request.host)
    return session_cookie not in request.cookies


def same_host(url: str, host: str) -> bool:
    """Whether a URL points at this Host field; a default port may be left out on either side."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    port = DEFAULT_PORTS.get(parts.scheme)
    if port is None or not parts.netloc:
        return False
    return _bare(parts.netloc, port) == _bare(host, port)


def _bare(host: str, port: str) -> str:
    return host.lower().removesuffix(f":{port}")

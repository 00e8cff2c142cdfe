"""Security fields of every answer."""

from quart import Response

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self';"
    " manifest-src 'self'; worker-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
"""Our own pages: nothing inline, nothing evaluated, no other host."""
FRAME_SANDBOX = "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
FILE_POLICY = "sandbox; script-src 'none'; frame-ancestors 'self'"
"""Files of mail opened on their own: the response sandboxes them (a sandbox attribute would show no PDF)."""
ASSET_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Scripts, styles and images of ours: short, because an inbox loads twenty of them."""
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DOCUMENTS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}

"""What pages have besides. Other hosts learn no address from "same-origin" either; under "no-referrer" browsers without
https say "Origin: null" even to us, and nobody could log in by a name of the local network."""


def frame_policy(*, remote: bool) -> str:
    """The policy of the mail frame's document; it repeats the frame's sandbox, so that opening it alone is as safe."""
    images = "'self' data: http: https:" if remote else "'self' data:"
    return (
        f"{FRAME_SANDBOX}; default-src 'none'; img-src {images}; style-src 'unsafe-inline'; form-action 'none';"
        " base-uri 'none'; frame-ancestors 'self'"
    )


def print_policy(*, remote: bool) -> str:
    """The same for the letter on paper, which the page around it may send to the printer."""
    return frame_policy(remote=remote).replace(FRAME_SANDBOX, f"{FRAME_SANDBOX} allow-modals", 1)


def secure(response: Response) -> Response:
    """Put the fields on an answer; what a view set itself stays."""
    fields = {**ALWAYS, **DOCUMENTS} if response.mimetype == "text/html" else ALWAYS
    for name, value in fields.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", ASSET_POLICY)
    response.headers.setdefault("Cache-Control", "no-store")
    return response

"""Errors as programs read them (RFC 9457), for everything below /api."""

from http import HTTPStatus

import msgspec
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from mailapp import maillog
from mailapp.api.shapes import Problem
from mailapp.flow.bulk import Busy
from mailapp.store.database import StoreBusy, StoreFull

JSON = "application/problem+json"
QUOTA = "https://iana.org/assignments/http-problem-types#quota-exceeded"
BUSY_S = 5
DETAILS = {
    404: "There is nothing here, or it is gone.",
    405: "This address does not take that method.",
    411: "The length of the body has to be said (Content-Length).",
    413: "The body is larger than this server takes.",
    408: "The body did not come in time.",
}


class Refused(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, detail: str, kind: str = "about:blank", **headers: str) -> None:
        """`headers`: further fields, with underscores for hyphens."""
        super().__init__(status)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def not_found() -> Refused:
    return Refused(404, DETAILS[404])


def busy(detail: str = "The server is busy. Try again in a moment.") -> Refused:
    return Refused(503, detail, Retry_After=str(BUSY_S))


def register(app: Quart) -> None:
    """Answer every error of the API."""
    app.register_error_handler(Refused, refused)
    app.register_error_handler(HTTPException, foreseen)
    app.register_error_handler(Exception, unforeseen)


async def refused(error: Refused) -> Response:
    return problem(error.status, error.detail, error.kind, error.headers)


async def foreseen(error: HTTPException) -> Response:
    """What Quart or werkzeug decided on."""
    status = error.code or 500
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem(status, DETAILS.get(status, ""), headers=kept)


async def unforeseen(error: Exception) -> Response:
    """Anything else: it goes to the log, never into the answer."""
    if isinstance(error, StoreFull):
        return await refused(busy("The disk is full. Nothing was changed."))
    if isinstance(error, StoreBusy | Busy):
        return await refused(busy())
    maillog.unforeseen(f"{request.method} {request.url_rule.rule if request.url_rule else 'unknown path'}")
    return problem(500, "It was written down. Try again in a moment.")


def problem(status: int, detail: str, kind: str = "about:blank", headers: dict[str, str] | None = None) -> Response:
    title = HTTPStatus(status).phrase
    body = msgspec.json.encode(Problem(title, status, detail, kind))
    return Response(body, status, headers, content_type=JSON)

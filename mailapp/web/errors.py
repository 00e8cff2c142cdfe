"""Errors as people read them: what happened and what to do, in their language, never a traceback."""

from quart import Quart, Response, g, request
from werkzeug.exceptions import HTTPException

from mailapp import maillog
from mailapp.flow.bulk import Busy
from mailapp.store.database import StoreBusy, StoreFull
from mailapp.values import dataclass
from mailapp.web.fragments import is_fragment, page
from mailapp.web.reader import Reader, current_reader, read_from


@dataclass(frozen=True, slots=True)
class ErrorView:
    status: int
    title: str
    text: str


SAYING_WHY = (413, 422)
"""What views abort with a sentence of their own."""


def register(app: Quart) -> None:
    """Answer every error of the site."""
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(Exception, unforeseen)


async def refused(error: HTTPException) -> Response:
    """An answer below 500 that a view or Quart decided on."""
    status = error.code or 500
    if status < 400:
        return Response(error.get_body(), status, dict(error.get_headers()))
    own = error.description if status in SAYING_WHY and error.description != type(error).description else None
    return await (say(status, own) if own else _show(status))


async def unforeseen(error: Exception) -> Response:
    """Anything else is our fault: it goes to the log, the reader gets a plain page."""
    if isinstance(error, StoreFull):
        return await _show(507)
    if isinstance(error, StoreBusy | Busy):
        return await _show(503)
    maillog.unforeseen(f"{request.method} {request.url_rule.rule if request.url_rule else 'unknown path'}")
    return await _show(500)


async def say(status: int, text: str) -> Response:
    """An error whose reason, a sentence in the reader's language, says what to do."""
    if is_fragment():
        return await _show(status)
    return await page("error.html", status, error=ErrorView(status, current_reader().gettext("Refused"), text))


async def _show(status: int) -> Response:
    if "reader" not in g:
        g.reader = read_from(request, None, b"")
    if is_fragment() or request.path == "/events":
        # the page on screen stays; its scripts say what happened
        return Response("", status, {"Cache-Control": "no-store"})
    return await page("error.html", status, error=_view(current_reader(), status))


def _view(reader: Reader, status: int) -> ErrorView:
    _ = reader.gettext
    views = {
        400: (_("That request was not complete"), _("Go back and try again.")),
        403: (
            _("Refused"),
            _("This came from another site; nothing was changed. Open the page here and try again."),
        ),
        404: (_("There is nothing here"), _("The message or page does not exist, or it is gone.")),
        405: (_("There is nothing here"), _("The message or page does not exist, or it is gone.")),
        413: (_("Too large"), _("What was sent is larger than this server takes.")),
        503: (_("Busy right now"), _("Try again in a moment.")),
        507: (_("The disk is full"), _("Nothing was changed. The administrator has to make room on the server.")),
    }
    title, text = views.get(status) or (
        _("Something went wrong here"),
        _("It was written down. Try again in a moment."),
    )
    return ErrorView(status, title, text)

"""The API as one application of its own: no session, no cookie, no page can reach into it."""

from collections.abc import Callable
from typing import Any

from quart import Quart, Request, Response

from mailapp.api import access, codes, documents, events, mailboxes, messages, problems, sending
from mailapp.api.context import EXTENSION, ApiContext, Held
from mailapp.api.operations import PREFIX
from mailapp.api.waiting import Waiting
from mailapp.config import Config
from mailapp.events import Bus
from mailapp.flow.drafting import Drafting
from mailapp.flow.filing import Filing
from mailapp.flow.posting import Posting
from mailapp.flow.submission import Submission
from mailapp.flow.tokens import Tokens
from mailapp.http.bodies import LimitedBody, LimitedConnection
from mailapp.store.database import Database

LONGEST = 16 * 1024
"""Bytes of a body, of a message excepted."""
LONGEST_LETTER = 10 * 1024 * 1024
"""Bytes of a message's texts as JSON, on top of its attachments."""
LETTER_TIMEOUT_S = 1_800
BODY_TIMEOUT_S = 60
FIELDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
NOUNS = (messages, sending, codes, events, mailboxes, documents)


def api_beside(
    config: Config,
    database: Database,
    bus: Bus,
    filing: Filing,
    tokens: Tokens,
    drafting: Drafting,
    submission: Submission,
    clock: Callable[[], float],
) -> Quart:
    """The API of a server whose pages work with these."""
    posting = Posting(database, drafting, submission, clock)
    return create_api(ApiContext(config, database, bus, filing, tokens, posting, clock))


def create_api(context: ApiContext) -> Quart:
    """Make the application. `context` is app.py's."""
    app = Quart("mailapp.api", static_folder=None, template_folder=None)
    app.request_class = _request_class(context.config.max_message_size + LONGEST_LETTER)
    app.asgi_http_class = LimitedConnection
    app.config.update(MAX_CONTENT_LENGTH=LONGEST, BODY_TIMEOUT=BODY_TIMEOUT_S, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.extensions[EXTENSION] = Held(context, Waiting(context.database, context.bus, context.tokens))
    for noun in NOUNS:
        app.register_blueprint(noun.blueprint)
    problems.register(app)
    app.after_request(_finish)
    return app


def _request_class(longest_letter: int) -> type[Request]:
    class ApiRequest(Request):
        body_class = LimitedBody

        def __init__(self, method: str, scheme: str, path: str, *rest: Any, **more: Any) -> None:
            is_letter = method == "POST" and path == f"{PREFIX}/messages"
            if is_letter:
                more.update(max_content_length=longest_letter, body_timeout=LETTER_TIMEOUT_S)
            super().__init__(method, scheme, path, *rest, **more)
            if is_letter:
                self.max_content_length = longest_letter

    return ApiRequest


async def _finish(response: Response) -> Response:
    access.tell_allowance(response)
    for name, value in FIELDS.items():
        response.headers.setdefault(name, value)
    return response

"""What a request may carry: forms only, for now."""

from quart import Request, abort, g
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

LONGEST = 128 * 1024
"""Bytes of a body. The longest form names 500 messages, 15 kB."""
LONGEST_UNKNOWN = 16 * 1024
"""Bytes without a session: the log-in and the first account."""
PARTS = 1_000
"""Parts of a multipart form."""


class LimitedBody(Body):
    """A body whose limit may be narrowed once it is known who sends it; Quart reads its own limit before that."""

    def narrow(self, longest: int) -> None:
        """Answer 413 above so many bytes, those that are here already included."""
        self._max_content_length = longest
        if len(self._data) > longest:
            self._must_raise = RequestEntityTooLarge()
            self.clear()


class LimitedRequest(Request):
    """The request class of the site."""

    body_class = LimitedBody


async def limit(request: Request) -> None:
    """Before a request's view, after its session is known: 413 where a stranger sends more than a log-in takes."""
    if g.reader.account is not None:
        return
    if (request.content_length or 0) > LONGEST_UNKNOWN:
        abort(413)
    if isinstance(request.body, LimitedBody):
        request.body.narrow(LONGEST_UNKNOWN)

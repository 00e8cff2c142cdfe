"""Codes the moment they arrive: a call that is held open until one does."""

from datetime import datetime

from quart import Blueprint, Response, request

from mailapp.api import views
from mailapp.api.context import context, held
from mailapp.api.messages import reach_of
from mailapp.api.operations import Call, Operation, answer, operation
from mailapp.api.problems import QUOTA, Refused, busy
from mailapp.api.shapes import Codes, CodesQuery
from mailapp.api.waiting import Ended, TooManyWait
from mailapp.api.words import _
from mailapp.http.sites import ASKED
from mailapp.store import tokens
from mailapp.store.code_arrivals import Arrivals

blueprint = Blueprint("codes", __name__)
NEXT = "Next-Since"
"""Response field: what to give as `since` next time, also where no code came."""
LIST = Operation(
    "GET",
    "/codes",
    "waitForCode",
    _("The verification codes that came since, or the next one as soon as it arrives"),
    tokens.CODES,
    {200: (_("The newest code, and all of them."), Codes), 204: (_("None came in that time."), None)},
    CodesQuery,
)


@operation(blueprint, LIST)
async def wait(call: Call[CodesQuery, None]) -> Response:
    query = call.query
    after = since_of(query.since) if query.since.strip() else None
    seconds = min(float(query.wait), context().longest_wait_s)
    try:
        reach = reach_of(call.holder, query.to)
        arrivals = await held().waiting.codes(call.holder, reach, after, seconds, _asked_ms())
    except TooManyWait as error:
        if error.own:
            raise Refused(429, "Too many calls of this token wait already.", QUOTA, Retry_After="5") from None
        raise busy("Too many calls wait already.") from None
    except Ended:
        if await context().tokens.holder_of(call.holder.token_hash) is None:
            raise Refused(401, "The token ended.", WWW_Authenticate='Bearer realm="mailapp"') from None
        raise busy("The server stops. Try again in a moment.") from None
    return _answer(arrivals)


def _asked_ms() -> int | None:
    """When the call came, in ms since 1970; it may have waited for the API to be loaded."""
    found = request.scope.get(ASKED)
    return found if isinstance(found, int) else None


def since_of(text: str) -> int:
    """The message something has to come after: the number of an answer, or a time. Raises Refused 400."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        if len(text) > 18:
            raise Refused(400, "since: no answer gave such a number.")
        return int(text)
    try:
        # a plus sign that was not escaped in the address arrives as a blank
        at = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
        if at.tzinfo is None:
            raise ValueError
        ms = int(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Refused(400, "since: neither a number nor a time with its zone, as 2026-11-26T08:00:00Z.") from None
    return max(0, ms << 12)


def _answer(arrivals: Arrivals) -> Response:
    headers = {NEXT: str(arrivals.upto)}
    if not arrivals.found:
        return Response("", 204, headers)
    found = [views.code(each.code) for each in arrivals.found]
    first = {name: getattr(found[0], name) for name in found[0].__struct_fields__}
    return answer(Codes(**first, since=arrivals.upto, codes=found), headers=headers)

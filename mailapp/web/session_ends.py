"""Ending sessions of one's own account, one by one or all the others."""

from quart import Blueprint, Response, abort, request

from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.agents import agent_name
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import see_other
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.rows import Moment, pretty_time

blueprint = Blueprint("session_ends", __name__)
PLACE = "/settings#sessions"
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class SessionView:
    """One place where the account is logged in."""

    id: str
    agent: str
    peer: str
    seen: str
    """When it was last used, as of the last hour."""
    current: bool


@blueprint.post("/session-ends")
@requires_account
async def end() -> Response:
    """Field session=<id>, or session=others: every one but this."""
    name = text(await request.form, "session")
    if name == OTHERS:
        await context().signing_in.end_others(current_account().id, current_reader().token_hash)
    elif not await context().signing_in.end(current_account().id, name):
        abort(404)
    return see_other(PLACE)


async def sessions_of(reader: Reader) -> tuple[SessionView, ...]:
    """Where the reader's account is logged in, this session first."""
    assert reader.account is not None
    _ = reader.gettext
    moment = Moment(reader, context().clock())
    devices = await context().signing_in.devices(reader.account.id)
    views = (
        SessionView(
            id=each.name,
            agent=agent_name(each.user_agent) or _("Unknown device"),
            peer=each.peer,
            seen=_("Last used: {time}").format(time=pretty_time(moment, each.seen_at)),
            current=each.token_hash == reader.token_hash,
        )
        for each in devices
    )
    return tuple(sorted(views, key=lambda each: not each.current))

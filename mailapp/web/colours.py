"""Colours of mail in the dark: as they were sent, or adapted, for a sender."""

from quart import Blueprint, Response, abort, request

from mailapp.flow.preferences import set_adapted
from mailapp.mail.address import fold
from mailapp.store import messages
from mailapp.web.access import requires_account
from mailapp.web.context import context
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, is_fragment, local_path, see_other
from mailapp.web.hrefs import message_href
from mailapp.web.message import one_message, show
from mailapp.web.reader import current_account

blueprint = Blueprint("colours", __name__)


@blueprint.post("/colour-choices")
@requires_account
async def choose() -> Response:
    """Fields message=<id>, adapted=0|1: the message again, and all mail of its sender from now on."""
    form = await request.form
    message_id, view, adapted = positive_id(form.get("message", "")), form.get("view", ""), form.get("adapted", "")
    if adapted not in ("0", "1"):
        abort(400)
    account_id = current_account().id
    row = await context().database.read(messages.row, account_id, message_id)
    if row is None:
        abort(404)
    await set_adapted(context().database, account_id, fold(row.from_address), adapted == "1")
    if not is_fragment():
        return see_other(message_href(message_id, local_path(view, "/mail/inbox")))
    shown = await show(message_id, view, rows=False, images=form.get("images") == "1")
    if shown is None:
        abort(404)
    return await answer(one_message(shown))

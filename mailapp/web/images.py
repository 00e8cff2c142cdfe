"""Consent to remote images: this once, or always for a sender."""

from quart import Blueprint, Response, abort, request

from mailapp.mail.address import fold
from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, is_fragment, page, see_other
from mailapp.web.lists import list_of, sidebar_of
from mailapp.web.message import one_message, show
from mailapp.web.reader import current_account, current_reader

blueprint = Blueprint("images", __name__)


@blueprint.post("/image-consents")
@requires_account
async def consent() -> Response:
    """Fields message=<id>, remember=0|1: the message again, with its images."""
    form = await request.form
    message_id, view = positive_id(form.get("message", "")), form.get("view", "")
    remember = form.get("remember") == "1"
    shown = await show(message_id, view, rows=not is_fragment(), images=True)
    if shown is None:
        abort(404)
    if remember:
        sender = fold(shown.opened.stored.row.from_address)
        await context().filing.consent_to_images(current_account().id, sender)
    if is_fragment():
        return await answer(one_message(shown))
    if remember:
        return see_other(f"/messages/{message_id}")
    reader = current_reader()
    listed = list_of(site(), reader, shown.gathered, shown.folder, open_id=message_id)
    bar = sidebar_of(reader, shown.gathered, shown.folder)
    return await page("mail.html", sidebar=bar, list=listed, message=shown.view)

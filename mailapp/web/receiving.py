"""Why didn't it arrive? What happened at the SMTP entrance to mail for the reader's own addresses, and nothing else."""

import sqlite3

from quart import Blueprint, Response, abort

from mailapp.store import messages, receiving_view
from mailapp.store.receiving_view import Told
from mailapp.web.access import requires_account
from mailapp.web.context import context
from mailapp.web.folders import INBOX
from mailapp.web.fragments import answer, is_fragment, page, piece
from mailapp.web.hrefs import message_href
from mailapp.web.reader import current_account, current_reader
from mailapp.web.receiving_lists import told_page
from mailapp.web.receiving_views import told_view
from mailapp.web.rows import Moment

blueprint = Blueprint("receiving", __name__)
LIST = "/receiving"


@blueprint.get(LIST)
@requires_account
async def overview() -> Response:
    """?q= what is looked for, ?only= taken, deferred, refused or nothing, ?before=<id> goes on below one."""
    view = await told_page(current_account().id, LIST)
    if is_fragment():
        return await answer(piece("receiving/list", "told_list", view))
    return await page("receiving.html", view=view)


@blueprint.get(f"{LIST}/<id:told_id>")
@requires_account
async def one(told_id: int) -> Response:
    account_id = current_account().id

    def look(db: sqlite3.Connection) -> tuple[Told, str] | None:
        told = receiving_view.get(db, account_id, told_id)
        if told is None:
            return None
        return told, _message_of(db, account_id, told.reference)

    found = await context().database.read(look)
    if found is None:
        abort(404)
    view = told_view(Moment(current_reader(), context().clock()), *found)
    return await page("receiving_told.html", view=view)


def _message_of(db: sqlite3.Connection, account_id: int, reference: str) -> str:
    """The path of the message a transaction brought, where the account has it."""
    try:
        message_id = int(reference, 16) if reference else 0
    except ValueError:
        return ""
    return message_href(message_id, INBOX) if message_id and messages.row(db, account_id, message_id) else ""

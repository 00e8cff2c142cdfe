"""The account's folders with their counters."""

from quart import Blueprint, Response

from mailapp.api.context import context
from mailapp.api.operations import Call, Nothing, Operation, answer, operation
from mailapp.api.problems import Refused
from mailapp.api.shapes import Mailbox, Mailboxes
from mailapp.api.words import _
from mailapp.store import mailboxes
from mailapp.store.tokens import READ

blueprint = Blueprint("mailboxes", __name__)
LIST = Operation("GET", "/mailboxes", "listMailboxes", _("Folders, with how much lies in them"), READ, {
    200: (_("All of them."), Mailboxes),
})  # fmt: skip


@operation(blueprint, LIST)
async def list_(call: Call[Nothing, None]) -> Response:
    if call.holder.token.addresses:
        raise Refused(403, "A token limited to addresses sees no counters: they count other mail too.")
    held = await context().database.read(mailboxes.of_account, call.holder.account.id)
    return answer(
        Mailboxes([Mailbox(each.role or str(each.id), each.role, each.name, each.total, each.unread) for each in held])
    )

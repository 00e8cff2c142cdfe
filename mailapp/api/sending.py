"""Sending: a message with its files in one request."""

from quart import Blueprint, Response, request

from mailapp.api.context import context
from mailapp.api.operations import PREFIX, Call, Operation, answer, operation
from mailapp.api.problems import QUOTA, Refused
from mailapp.api.shapes import Accepted, NewMessage
from mailapp.api.views import time_of
from mailapp.api.words import _
from mailapp.flow.attaching import DraftRefused, DraftTooLarge
from mailapp.flow.outgoing import SubmissionRefused
from mailapp.flow.posting import LONGEST_KEY, File, KeyReused, PostingUnderWay, TooManyKeys
from mailapp.flow.tokens import Holder
from mailapp.mail.address import fold
from mailapp.mail.addressees import is_named
from mailapp.mail.charsets import clean
from mailapp.mail.draft import Draft
from mailapp.store.submissions import Submitted
from mailapp.store.tokens import SEND

blueprint = Blueprint("sending", __name__)
KEY = "Idempotency-Key"
SAID = {
    ("from", "not_own"): "from: {address} is no address of the account.",
    ("to", "no_recipients"): "to: there is nobody to send to.",
    ("limit", "too_many_recipients"): "A message has at most {limit} recipients, this one {count}.",
    ("limit", "too_long"): "{name} is too long.",
}
"""Why a submission is refused; addresses that are wrong are said by their field."""
POST = Operation(
    "POST",
    "/messages",
    "sendMessage",
    _("Send a message"),
    SEND,
    {202: (_("It is in Sent and on its way."), Accepted)},
    body=NewMessage,
    headers={KEY: _("Names the message for a day: the same request once more sends nothing twice.")},
    problems=(409, 411, 413, 415, 422),
)


@operation(blueprint, POST)
async def post(call: Call[None, NewMessage]) -> Response:
    key = request.headers.get(KEY, "").strip()
    if len(key) > LONGEST_KEY or not key.isascii() or not (key.isprintable() or not key):
        raise Refused(400, f"{KEY} has at most {LONGEST_KEY} characters of ASCII.")
    new, holder = call.body, call.holder
    author = clean(new.from_).strip() or holder.account.address
    _guard(holder, author)
    files = [File(clean(each.name), clean(each.type), each.content) for each in new.attachments]
    try:
        done = await context().posting.post(holder.account, _draft(new, author), files, key, call.raw)
    except SubmissionRefused as refusal:
        raise _refused(refusal) from None
    except DraftTooLarge:
        raise Refused(413, "With its attachments the message is larger than this server takes.") from None
    except DraftRefused as refusal:
        if refusal.reason == "full":
            raise Refused(422, "The mailbox of the account is full: its quota has no room for this.", QUOTA) from None
        raise Refused(422, f"The message cannot be taken: {str(refusal.reason).replace('_', ' ')}.") from None
    except KeyReused:
        raise Refused(422, f"{KEY} was used for another message.") from None
    except PostingUnderWay:
        raise Refused(409, f"The message with this {KEY} is being taken right now.", Retry_After="1") from None
    except TooManyKeys:
        raise Refused(429, f"Too many {KEY}s within a day.", Retry_After="3600") from None
    return _accepted(done)


def _guard(holder: Holder, author: str) -> None:
    """A limited token writes in the name of its own addresses only."""
    limits = holder.token.addresses
    if limits and not any(is_named(each, fold(author)) for each in limits):
        raise Refused(403, f"The token may not send from {author[:100]}.")


def _draft(new: NewMessage, author: str) -> Draft:
    to, cc, bcc = (", ".join(clean(each) for each in some) for some in (new.to, new.cc, new.bcc))
    text, html = (clean(each).replace("\r\n", "\n") for each in (new.text, new.html))
    return Draft(fold(author), to, cc, bcc, clean(new.subject), text, html)


def _refused(refusal: SubmissionRefused) -> Refused:
    if refusal.reason == "too_large":
        return Refused(413, "The message is larger than this server takes.")
    if refusal.reason == "too_many_messages":
        return Refused(
            429, "The account may send {limit} messages in an hour.".format(**refusal.values), Retry_After="600"
        )
    if refusal.reason == "wrong_address":
        return Refused(422, f"{refusal.field}: not an address: {str(refusal.values['addresses'])[:300]}.")
    said = SAID.get((refusal.field, refusal.reason), f"{refusal.field}: {refusal.reason.replace('_', ' ')}.")
    return Refused(422, said.format(**refusal.values))


def _accepted(done: Submitted) -> Response:
    headers = {"Location": f"{PREFIX}/messages/{done.message_id}"} if done.message_id else None
    return answer(Accepted(done.message_id, done.item_id, time_of(done.release_ms)), 202, headers)

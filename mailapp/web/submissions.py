"""Sending: a draft becomes a submission, which can be taken back for a moment."""

from collections.abc import Sequence

from quart import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from mailapp.flow.drafting import DraftRefused
from mailapp.flow.submission import SubmissionRefused, Submitted
from mailapp.mail.draft import Draft
from mailapp.mail.message import Person
from mailapp.mail.recipients import parse_recipients
from mailapp.store import drafts, queue
from mailapp.store.drafts import Saved
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.compose import ground_of, shown
from mailapp.web.composing import at_in, view_of
from mailapp.web.context import context, site
from mailapp.web.drafts import keep, lacks_attachment, refused_text, too_large_text
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, is_fragment, page, piece, see_other
from mailapp.web.frames import live
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.rows import Moment, pretty_time
from mailapp.web.toasts import UNDO_S, Toast, toasted
from mailapp.web.uploads import attach_all

blueprint = Blueprint("submissions", __name__)
NAMES_SHOWN = 2


@dataclass(frozen=True, slots=True)
class SentToast:
    """What is said of a message that was just accepted."""

    text: str
    item_id: int
    seconds: int
    """How long it can be taken back; 0 where it cannot."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What stands in the way, for the person who writes."""

    field: str
    """from, to, cc, bcc, attachment, at, limit or unattached."""
    text: str


@blueprint.post("/submissions")
@requires_account
async def submit() -> Response:
    """The fields of compose; `later` with `at` sends it then. What is refused stays a draft."""
    form, files = await request.form, await request.files
    try:
        kept = await keep(form)
    except DraftRefused as refused:
        abort(422, refused_text(refused))
    if kept.submitted is not None:
        return await _accepted(kept.submitted, kept.draft)
    if kept.saved is None:
        abort(409)
    draft_id = kept.saved.draft_id
    try:
        await attach_all(draft_id, files.getlist("attachment"))
        refusal = Refusal("attachment", kept.error) if kept.error else await _warned(form, kept.draft, draft_id)
        if refusal is None:
            return await _accepted(await _submit(form, draft_id), kept.draft)
    except DraftRefused as refused:
        refusal = Refusal("attachment", refused_text(refused))
    except SubmissionRefused as refused:
        refusal = Refusal(refused.field, refusal_text(refused))
    except LookupError:
        abort(404)
    return await _again(kept.saved, refusal)


async def _submit(form: MultiDict[str, str], draft_id: int) -> Submitted:
    """Raises SubmissionRefused, LookupError."""
    at_ms = 0
    if form.get("later") == "1":
        chosen = at_in(form)
        if not chosen or chosen <= context().clock() * 1000:
            raise SubmissionRefused("at", "not_ahead")
        at_ms = chosen
    return await context().submission.submit(current_account(), draft_id, at_ms, current_reader().zone)


async def _warned(form: MultiDict[str, str], draft: Draft, draft_id: int) -> Refusal | None:
    """A promised file that is missing is asked about once."""
    if form.get("unattached") == "1":
        return None
    stored = await context().database.read(drafts.get, current_account().id, draft_id)
    if stored is None or not lacks_attachment(draft, stored):
        return None
    return Refusal("unattached", current_reader().gettext("The text speaks of an attachment, but there is none."))


async def _accepted(submitted: Submitted, draft: Draft) -> Response:
    if not is_fragment():
        return see_other(f"/submissions/{submitted.item_id}")
    toast = sent_toast(submitted, draft)
    said = piece("compose/sent", "sent_toast", toast)
    html = piece("compose/pane", "compose_pane", None) + live(site().pages, current_reader().language, "toasted", said)
    return await answer(html)


def sent_toast(submitted: Submitted, draft: Draft) -> SentToast:
    """Who it goes to, when, and how long it can be taken back."""
    reader = current_reader()
    _ = reader.gettext
    now = context().clock()
    left = max(0, round(submitted.release_ms / 1000 - now))
    people = [one for field in (draft.to, draft.cc, draft.bcc) for one in parse_recipients(field).people]
    names = names_of(reader, people)
    if submitted.scheduled:
        time = pretty_time(Moment(reader, now), submitted.release_ms)
        text = _("Will be sent {time} to {names}").format(time=time, names=names)
        return SentToast(text, submitted.item_id, UNDO_S)
    if not left:
        return SentToast(_("Sent to {names}").format(names=names), 0, 0)
    return SentToast(_("Sending to {names}").format(names=names), submitted.item_id, left)


def names_of(reader: Reader, people: Sequence[Person]) -> str:
    """Whom a toast names: two, and how many more there are."""
    _ = reader.gettext
    names = _(", ").join(list(dict.fromkeys(one.name or one.address for one in people))[:NAMES_SHOWN])
    more = len(people) - NAMES_SHOWN
    return _("{names} and {number} more").format(names=names, number=more) if more > 0 else names


async def _again(saved: Saved, refusal: Refusal) -> Response:
    """The page once more, with what stands in the way; a fragment is only told what that is."""
    unattached = refusal.field == "unattached"
    if is_fragment():
        html = piece("compose/refused", "refused", refusal.field, refusal.text, saved)
        return await answer(html, headers={"HX-Reswap": "none"})
    ground = await ground_of(saved.draft_id)
    if ground.stored is None:
        abort(404)
    stored = ground.stored
    error = ("", "") if unattached else (refusal.field, refusal.text)
    view = view_of(stored.draft, ground.senders, stored=stored, error=error, unattached=unattached)
    return await shown(view, 422)


@blueprint.get("/submissions/<id:item_id>")
@requires_account
async def submitted(item_id: int) -> Response:
    """What follows sending where no scripts run: the message is accepted, and can be taken back for a moment."""
    item = await context().database.read(queue.get, current_account().id, item_id)
    if item is None:
        abort(404)
    moment = Moment(current_reader(), context().clock())
    left = max(0, round(item.release_ms / 1000 - moment.now)) if item.state == "waiting" else 0
    time = pretty_time(moment, item.release_ms) if item.scheduled else ""
    return await page("submitted.html", item_id=item_id, subject=item.subject, left=left, time=time)


@blueprint.post("/recalls")
@requires_account
async def recall() -> Response:
    """Field item=<id>: the message is a draft again, and open."""
    form = await request.form
    draft_id = await context().submission.recall(current_account().id, positive_id(form.get("item", "")))
    if not is_fragment():
        return see_other(f"/compose?draft={draft_id}" if draft_id else "/mail/sent")
    if not draft_id:
        return await answer(toasted(Toast(current_reader().gettext("Too late to undo that."))))
    ground = await ground_of(draft_id)
    if ground.stored is None:
        abort(404)
    pane = piece("compose/pane", "compose_pane", view_of(ground.stored.draft, ground.senders, stored=ground.stored))
    return await answer(live(site().pages, current_reader().language, "composed", pane))


def refusal_text(refused: SubmissionRefused) -> str:
    """Why a submission was refused, and what to do."""
    _ = current_reader().gettext
    values = refused.values
    texts = {
        "not_own": _("You cannot send from {address}: mail to it does not come to you."),
        "wrong_address": _("Not an address: {addresses}"),
        "no_recipients": _("Who is it for? Add at least one address."),
        "too_many_recipients": _("{count} recipients; {limit} is the most for one message."),
        "too_many_messages": _("You sent {limit} messages within an hour, the most allowed here. Try again later."),
        "too_far": _("A message can wait {days} days at most."),
        "not_ahead": _("Choose a time that is still to come."),
        "too_long": _("The text is too long for a message."),
    }
    if refused.reason == "too_large":
        return too_large_text(int(values["limit"]), int(values["size"]))
    text = texts.get(refused.reason)
    return _("This message cannot be sent.") if text is None else text.format(**values)

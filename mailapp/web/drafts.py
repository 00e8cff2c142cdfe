"""Drafts of a compose page: saved every few seconds, without a reload where scripts run."""

import json
import re
from datetime import datetime
from typing import Any

from quart import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from mailapp.flow.drafting import AlreadySubmitted, DraftRefused, DraftTooLarge
from mailapp.flow.submission import Submitted
from mailapp.mail.draft import Draft
from mailapp.mail.html_text import html_to_text
from mailapp.mail.mentions import speaks_of_attachment
from mailapp.mail.sizes import size_text
from mailapp.store import drafts
from mailapp.store.drafts import Saved, StoredDraft
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.composing import draft_file, draft_in, key_in, number_in
from mailapp.web.context import context, site
from mailapp.web.folders import INBOX
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import see_other
from mailapp.web.reader import current_account, current_reader
from mailapp.web.uploads import attach_all

blueprint = Blueprint("drafts", __name__)
QUOTATION = re.compile(r"<blockquote\b", re.IGNORECASE)
LOOKED_AT = 65_536
"""Characters of a letter in which a promised file is looked for."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a posted draft."""

    draft: Draft
    saved: Saved | None
    """None where something newer of the same page is saved already."""
    submitted: Submitted | None = None
    """What it became where it is on its way already; nothing was saved then."""
    error: str = ""
    """What did not work beside the save itself."""


@blueprint.post("/drafts")
@requires_account
async def save() -> Response:
    """The fields of compose. JSON for its script, else back to the page."""
    form = await request.form
    try:
        kept = await keep(form)
    except DraftRefused as refused:
        if wants_json():
            return told({"error": refused_text(refused)}, 422)
        abort(422, refused_text(refused))  # going back shows what was typed
    if kept.submitted:
        return told({"submitted": True}, 409) if wants_json() else see_other("/mail/sent")
    if kept.saved is None:
        return told({"stale": True})
    if not wants_json():
        return await _with_files(kept)
    stored = await context().database.read(drafts.get, current_account().id, kept.saved.draft_id)
    if stored is None:
        abort(404)
    return told(_state(stored, kept))


async def _with_files(kept: Kept) -> Response:
    """Back to the page, with the files a form without scripts brought."""
    assert kept.saved is not None
    files, draft_id = await request.files, kept.saved.draft_id
    try:
        await attach_all(draft_id, files.getlist("attachment"))
    except DraftRefused as refused:
        abort(413, refused_text(refused))
    if kept.error:
        abort(413, kept.error)
    return see_other(f"/compose?draft={draft_id}")


async def keep(form: MultiDict[str, str]) -> Kept:
    """Save what a form holds, under the key it names; files a forward takes along are copied once.

    Raises DraftRefused.
    """
    account, draft = current_account(), await draft_in(form)
    key, page, serial = key_in(form), text(form, "page", 64), number_in(form, "serial")
    async with site().turns.of(account.id, key, page) as turn:
        if serial and serial <= turn.serial:
            return Kept(draft, None)
        revision = turn.revision or number_in(form, "revision") or None
        try:
            saved = await context().drafting.save(account.id, turn.key or key, draft, revision)
        except AlreadySubmitted as before:
            return Kept(draft, None, submitted=before.submitted)
        turn.serial, turn.revision, turn.key = serial, saved.revision, saved.key
        return Kept(draft, saved, error=await _lacking(form, draft, saved))


async def _lacking(form: MultiDict[str, str], draft: Draft, saved: Saved) -> str:
    """Why files are missing that the letter should have; "" where none are."""
    if saved.without_files:
        return current_reader().gettext(
            "What you wrote is a draft of its own now, without files: your mailbox has no room for them twice."
            " They are in the other draft."
        )
    return await _take_along(form, draft, saved)


async def _take_along(form: MultiDict[str, str], draft: Draft, saved: Saved) -> str:
    """Copy the files of a message that is passed on or sent again into a draft that has none yet.

    "" or why they could not come.
    """
    source = draft.forwards or draft.resends
    if form.get("originals") != "1" or not source:
        return ""
    account_id = current_account().id
    stored = await context().database.read(drafts.get, account_id, saved.draft_id)
    if stored is None or stored.attachments:
        return ""
    try:
        await context().drafting.copy_attachments(account_id, source, saved.draft_id)
    except DraftRefused as refused:
        return refused_text(refused)
    except LookupError:
        return current_reader().gettext("The message is gone; its files could not be attached.")
    return ""


@blueprint.post("/draft-deletions")
@requires_account
async def discard() -> Response:
    """Field draft=<id>: the draft goes with its files."""
    form = await request.form
    await context().drafting.discard(current_account().id, positive_id(form.get("draft", "")))
    return told({}) if wants_json() else see_other(INBOX)


def _state(stored: StoredDraft, kept: Kept) -> dict[str, Any]:
    """What the page has to know after a save."""
    assert kept.saved is not None
    reader = current_reader()
    clock = f"{datetime.fromtimestamp(context().clock(), reader.zone):%H:%M}"
    return {
        "draft": stored.id,
        "key": stored.key,
        "revision": kept.saved.revision,
        "saved_at": clock,
        "forked": kept.saved.forked,
        "mentions": lacks_attachment(kept.draft, stored),
        "attachments": files_of(stored),
        "error": kept.error,
    }


def files_of(stored: StoredDraft) -> list[dict[str, Any]]:
    """The attachments as compose-files.js shows them."""
    return [
        {
            "id": each.id,
            "name": each.name,
            "size": each.size,
            "size_text": each.size_text,
            "kind": each.kind,
            "cid": each.cid,
            "href": each.href,
        }
        for each in (draft_file(stored.id, one) for one in stored.attachments)
    ]


def lacks_attachment(draft: Draft, stored: StoredDraft) -> bool:
    """Whether the text promises a file and none is there."""
    if any(not each.cid for each in stored.attachments):
        return False
    # what stands in a quotation of a rich letter is not the writer's word
    own = QUOTATION.split(draft.html, maxsplit=1)[0][:LOOKED_AT]
    return speaks_of_attachment(html_to_text(own) if draft.html else draft.text[:LOOKED_AT])


def too_large_text(limit: int, size: int) -> str:
    """Sizes as they travel: base64 adds a third."""
    return (
        current_reader()
        .gettext("With its attachments the message would be {size}; {limit} is the most that can be sent.")
        .format(size=size_text(size), limit=size_text(limit))
    )


def full_text(used: int, quota: int) -> str:
    """What nobody has room for, and what to do about it."""
    return (
        current_reader()
        .gettext(
            "Your mailbox has no room for this: it holds {used} of {quota}."
            " Delete large or old mail and empty the trash."
            " What was saved before stays, and a letter without files can be sent."
        )
        .format(used=size_text(used), quota=size_text(quota))
    )


def refused_text(refused: DraftRefused) -> str:
    """Why a draft or a file was refused, and what to do."""
    _ = current_reader().gettext
    if isinstance(refused, DraftTooLarge):
        return too_large_text(refused.limit, refused.size)
    if refused.reason == "full":
        return full_text(int(refused.values["used"]), int(refused.values["quota"]))
    texts = {
        "too_many_drafts": _("There are {limit} drafts already. Discard some first."),
        "too_many_attachments": _("A message takes {limit} files at most."),
        "too_many_uploads": _("{limit} files are on their way already. Wait for one of them."),
        "too_long": _("The text is too long for a message."),
        "too_much_markup": _("The text has more formatting than a message can carry. Paste it without, or attach it."),
    }
    text = texts.get(refused.reason)
    return _("This could not be saved.") if text is None else text.format(**refused.values)


def wants_json() -> bool:
    """Whether a script of ours asks, rather than a form."""
    return "application/json" in request.headers.get("Accept", "")


def told(values: dict[str, Any], status: int = 200) -> Response:
    """An answer for a script of ours."""
    response = Response(json.dumps(values, ensure_ascii=False), status, content_type="application/json; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response

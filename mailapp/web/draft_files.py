"""Attachments of drafts: uploaded piece by piece, shown, taken off."""

import secrets
from collections.abc import AsyncIterator

from quart import Blueprint, Response, abort, request

from mailapp.flow.drafting import DraftRefused, DraftTooLarge
from mailapp.http.contents import PIECE, RemoteContent
from mailapp.store import drafts
from mailapp.store.draft_attachments import DraftAttachment
from mailapp.store.drafts import StoredDraft
from mailapp.web.access import requires_account
from mailapp.web.context import context
from mailapp.web.drafts import files_of, refused_text, told, wants_json
from mailapp.web.files import disposition
from mailapp.web.forms import positive_id
from mailapp.web.fragments import see_other
from mailapp.web.headers import FILE_POLICY
from mailapp.web.letters import RASTER
from mailapp.web.reader import current_account
from mailapp.web.uploads import UNKNOWN, attach_all, content_type, file_name, pieces

blueprint = Blueprint("draft_files", __name__)


@blueprint.post("/draft-attachments")
@requires_account
async def attach() -> Response:
    """One file into a draft: ?draft=&name=&type=&inline= and the file as the body; or a form with draft, attachment."""
    if request.mimetype == "multipart/form-data":
        return await _attach_form()
    given = request.args
    draft_id, kind = positive_id(given.get("draft", "")), content_type(given.get("type", ""))
    cid = new_cid() if given.get("inline") == "1" and kind in RASTER else ""
    return await _attached(draft_id, file_name(given.get("name", "")), kind, pieces(request.body), cid)


async def _attach_form() -> Response:
    form, files = await request.form, await request.files
    draft_id = positive_id(form.get("draft", ""))
    try:
        await attach_all(draft_id, files.getlist("attachment"))
    except DraftRefused as refused:
        return refuse(refused)
    except LookupError:
        abort(404)
    return told({}) if wants_json() else see_other(f"/compose?draft={draft_id}")


async def _attached(draft_id: int, name: str, kind: str, body: AsyncIterator[bytes], cid: str) -> Response:
    account_id = current_account().id
    try:
        added = await context().drafting.attach(
            account_id, draft_id, name, kind, body, cid, expected=request.content_length or 0
        )
    except DraftRefused as refused:
        return refuse(refused)
    except TimeoutError:
        abort(408)
    except LookupError:
        abort(404)
    stored = await _draft(draft_id)
    return told({"added": added.id, "cid": added.cid, "attachments": files_of(stored)})


def refuse(refused: DraftRefused) -> Response:
    """The answer to a file that does not fit."""
    return told({"error": refused_text(refused)}, 413 if isinstance(refused, DraftTooLarge) else 422)


@blueprint.post("/draft-attachments/deletions")
@requires_account
async def detach() -> Response:
    """Fields draft, attachment: one file is taken off."""
    form = await request.form
    draft_id, attachment_id = positive_id(form.get("draft", "")), positive_id(form.get("attachment", ""))
    await context().drafting.detach(current_account().id, draft_id, attachment_id)
    if not wants_json():
        return see_other(f"/compose?draft={draft_id}")
    return told({"attachments": files_of(await _draft(draft_id))})


@blueprint.get("/drafts/<id:draft_id>/attachments/<id:attachment_id>")
@requires_account
async def show(draft_id: int, attachment_id: int) -> Response:
    """A file of a draft: pictures in place, anything else for download."""
    stored = await _draft(draft_id)
    one = next((each for each in stored.attachments if each.id == attachment_id), None)
    if one is None:
        abort(404)
    inline = one.content_type in RASTER
    content = await RemoteContent.of(context().database, one.content_id)
    response = Response(_whole(content), 200, content_type=one.content_type if inline else UNKNOWN)
    response.headers["Content-Disposition"] = disposition(_name(one), inline=inline)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    response.timeout = None
    return response


async def _draft(draft_id: int) -> StoredDraft:
    stored = await context().database.read(drafts.get, current_account().id, draft_id)
    if stored is None:
        abort(404)
    return stored


async def _whole(content: RemoteContent) -> AsyncIterator[bytes]:
    for offset in range(0, content.size, PIECE):
        piece = await content.piece(offset, PIECE)
        if not piece:
            return
        yield piece


def _name(one: DraftAttachment) -> str:
    return one.name or "attachment"


def new_cid() -> str:
    """A Content-ID without angle brackets (RFC 2392)."""
    return f"{secrets.token_hex(10)}@{context().config.hostname}"

"""An account's mail as files: taken away as mbox or Maildir, brought in with how far it is, live."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any, cast

from quart import Blueprint, Response, abort, request
from quart.datastructures import FileStorage

from mailapp.flow.exporting import FORMATS, MAILDIR, ExportBusy, ending, export
from mailapp.flow.import_jobs import ImportBusy, Job
from mailapp.flow.import_sources import FileContent
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.files import disposition, sealed, sent
from mailapp.web.forms import text
from mailapp.web.fragments import page, see_other
from mailapp.web.frames import frame
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.uploads import file_name

blueprint = Blueprint("transfers", __name__)
PLACE = "/transfers"
ROOM = 268_435_456
"""Bytes of the disk an upload leaves free, beside three times its own size."""
QUIET_S = 15
"""Seconds after which a stream without news says that it is there."""


@dataclass(frozen=True, slots=True)
class ImportView:
    """How far an import is, or what came of it."""

    name: str
    percent: int
    ended: bool
    error: str
    """Why it ended early, "" where it did not."""
    new: int
    there: int
    refused: int
    full: int
    """Left out because the mailbox has no room for them."""


@dataclass(frozen=True, slots=True)
class TransfersView:
    address: str
    job: ImportView | None
    error: str = ""


@blueprint.get(PLACE)
@requires_account
async def overview() -> Response:
    return await _page()


@blueprint.post(PLACE)
@requires_account
async def bring() -> Response:
    """A form with the file mail: mbox, ZIP or .eml. It is imported behind the answer."""
    _ = current_reader().gettext
    free = shutil.disk_usage(context().config.spool_dir).free
    if 3 * (request.content_length or 0) + ROOM > free:
        return await _page(413, _("The disk of the server has too little room for this file."))
    file: FileStorage | None = (await request.files).get("mail")
    if file is None or not file.filename:
        return await _page(422, _("Choose a file first."))
    try:
        context().imports.begin(current_account().id, _kept(file), file_name(file.filename))
    except ImportBusy:
        return await _page(409, _("An import is under way. Wait for its end, then try again."))
    return see_other(PLACE)


@blueprint.get(f"{PLACE}/events")
@requires_account
async def follow() -> Response:
    """Server-sent events: how far the import is, until it is over."""
    job = context().imports.of(current_account().id)
    if job is None:
        return see_other(PLACE)
    reader = current_reader()
    macro = site().pages.macro(reader.language, "import_told", "transfers")
    frames = _frames(job, lambda: macro(view_of(reader, job)))
    response = Response(frames, 200, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.timeout = None
    return response


@blueprint.post(f"{PLACE}/exports")
@requires_account
async def take() -> Response:
    """Field format=mbox|maildir: all mail of the account as one file."""
    account = current_account()
    try:
        return exported(account.id, account.address, text(await request.form, "format"))
    except ExportBusy as busy:
        return await _page(409, busy_text(busy))


def busy_text(busy: ExportBusy) -> str:
    """Why no further export begins."""
    _ = current_reader().gettext
    if busy.own:
        return _("This mail is being taken away already. Wait for that download to end, then try again.")
    return _("Others are taking their mail away right now. Try again in some minutes.")


def exported(account_id: int, address: str, format_: str) -> Response:
    """All mail of an account as a download, made while it is sent. Raises ExportBusy."""
    if format_ not in FORMATS:
        abort(400)
    turn = site().exports.begin(account_id)
    kind = "application/zip" if format_ == MAILDIR else "application/mbox"
    response = Response(turn.through(sent(export(_reader(), account_id, format_))), 200, content_type=kind)
    day = datetime.fromtimestamp(context().clock(), current_reader().zone).strftime("%Y-%m-%d")
    response.headers["Content-Disposition"] = disposition(f"{address} {day}{ending(format_)}", inline=False)
    return sealed(response)


def _reader() -> Callable[..., Any]:
    """What reads from the store in a thread, a snapshot each time."""
    database, loop = context().database, asyncio.get_running_loop()

    def read(function: Callable[..., Any], /, *args: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(database.read(function, *args), loop).result()

    return read


def _kept(file: FileStorage) -> FileContent:
    """An uploaded file that outlives its request."""
    spooled = cast(SpooledTemporaryFile[bytes], file.stream)
    spooled.rollover()
    spooled.flush()
    return FileContent(os.dup(spooled.fileno()))


async def _frames(job: Job, told: Callable[[], str]) -> AsyncIterator[bytes]:
    while True:
        news = job.news
        yield frame(told(), 0)
        if job.ended:
            return
        try:
            await asyncio.wait_for(news.wait(), QUIET_S)
        except TimeoutError:
            continue


async def _page(status: int = 200, error: str = "") -> Response:
    account = current_account()
    job = context().imports.of(account.id)
    view = TransfersView(account.address, view_of(current_reader(), job) if job else None, error)
    return await page("transfers.html", status, view=view)


def view_of(reader: Reader, job: Job) -> ImportView:
    """An import as pages show it."""
    _ = reader.gettext
    errors = {
        "": "",
        "no_mail": _("There is no mail in this file. It has to be an mbox, a ZIP, or one .eml."),
        "archive": _("The archive is damaged, encrypted, or unpacks to too much."),
        "full": _("The disk of the server is full."),
        "error": _("It broke off. What was filed stays; begin again, and the rest follows."),
    }
    tally = job.tally
    return ImportView(
        job.name, job.percent, job.ended, errors[job.failed], tally.new, tally.there, tally.refused, tally.full
    )

"""Backups: made now or daily, kept by count, taken away as files. Pages, and fragments of the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from quart import Blueprint, Response, abort, request

from mailapp import maillog
from mailapp.flow.backing_up import KEEP_MOST, Plan, PlanRefused, plan_of
from mailapp.flow.backup_making import Held
from mailapp.mail.sizes import size_text
from mailapp.values import dataclass
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.files import disposition
from mailapp.web.forms import text
from mailapp.web.fragments import answer, is_fragment, piece
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.rows import Moment, pretty_time

blueprint = Blueprint("admin_backups", __name__)
LIST = "/admin/backups"
RECIPIENTS_LONGEST = 40_000
PIECE = 262_144


@dataclass(frozen=True, slots=True)
class BackupLine:
    name: str
    href: str
    made: str
    size: str
    encrypted: bool


@dataclass(frozen=True, slots=True)
class BackupsView:
    """The page; `percent` is None where none is under way."""

    lines: tuple[BackupLine, ...]
    last: str
    failed: str
    hour: str
    keep: str
    recipients: str
    hours: tuple[tuple[str, str], ...]
    keep_most: int
    command: str
    step: str = ""
    percent: int | None = None
    said: str = ""
    asked: str = ""
    """Name of the one whose removal is asked about."""
    error_field: str = ""
    """keep or recipients."""
    error_text: str = ""


@blueprint.get(LIST)
async def overview() -> Response:
    return await _show()


@blueprint.post(LIST)
async def make() -> Response:
    """Begin one: the page shows how far it is."""
    begun = context().backups.begin(current_account().address)
    if begun:
        maillog.administered(current_account().address, "backup begun", "")
        await asyncio.sleep(0)  # so that the answer shows it under way
    return await _show()


@blueprint.post("/admin/backup-plans")
async def plan() -> Response:
    """Fields hour ("" for no daily one), keep, recipients (public keys, one a line)."""
    given, _ = await request.form, current_reader().gettext
    hour, keep = given.get("hour", "")[:4], text(given, "keep", 10)
    recipients = text(given, "recipients", RECIPIENTS_LONGEST)
    try:
        await context().backups.change(hour, keep, recipients, current_account().address)
    except PlanRefused as refused:
        if refused.field == "hour":
            abort(400)
        errors = {
            "keep": _("A number from 1 to {most}.").format(most=KEEP_MOST),
            "recipients": _("“{key}” is not a public key of age or SSH.").format(key=refused.value),
        }
        return await _show(
            422,
            hour=hour,
            keep=keep,
            recipients=recipients,
            error_field=refused.field,
            error_text=errors[refused.field],
        )
    maillog.administered(current_account().address, "backups changed", "")
    return await _show(said=_("Saved."))


@blueprint.post("/admin/backup-deletions")
async def remove() -> Response:
    """Field backup (its name): the question; with sure=1 it goes."""
    given = await request.form
    name = text(given, "backup", 100)
    if given.get("sure") != "1":
        if context().backups.path(name) is None:
            abort(404)
        return await _show(asked=name)
    if not await context().backups.remove(name, current_account().address):
        abort(404)
    maillog.administered(current_account().address, "backup removed", name)
    return await _show(said=current_reader().gettext("Removed."))


@blueprint.get(f"{LIST}/<name>")
async def file(name: str) -> Response:
    """A finished one, as a file."""
    path = context().backups.path(name)
    if path is None:
        abort(404)
    response = Response(_pieces(path), 200, content_type="application/octet-stream")
    response.timeout = None  # a slow line may take hours
    response.headers["Content-Length"] = str(path.stat().st_size)
    response.headers["Content-Disposition"] = disposition(name, inline=False)
    response.headers["Cache-Control"] = "private, no-store"
    await context().backups.taken(name, current_account().address)
    maillog.administered(current_account().address, "backup taken", name)
    return response


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    opened = await asyncio.to_thread(path.open, "rb")
    try:
        while data := await asyncio.to_thread(opened.read, PIECE):
            yield data
    finally:
        opened.close()


async def _show(status: int = 200, **changes: str) -> Response:
    backups, reader = context().backups, current_reader()
    found, held = await context().database.read(plan_of), await asyncio.to_thread(backups.held)
    view = _view(reader, found, held)
    if backups.stage is not None:
        view = replace(view, step=_step(reader, backups.stage.step), percent=backups.stage.percent)
    view = replace(view, **changes)  # type: ignore[arg-type]
    if is_fragment():
        return await answer(piece("admin/backups", "backups_piece", view))
    return await admin_page("admin_backups.html", "backups", status, view=view)


def _view(reader: Reader, plan: Plan, held: list[Held]) -> BackupsView:
    moment = Moment(reader, context().clock())
    return BackupsView(
        lines=tuple(
            BackupLine(
                each.name,
                f"{LIST}/{each.name}",
                pretty_time(moment, int(each.made_at * 1000)),
                size_text(each.size),
                each.encrypted,
            )
            for each in held
        ),
        last=pretty_time(moment, plan.last_ms) if plan.last_ms else "",
        failed=_failure(reader, plan.failed) if plan.failed else "",
        hour="" if plan.hour is None else str(plan.hour),
        keep=str(plan.keep),
        recipients="\n".join(plan.recipients),
        hours=_hours(reader),
        keep_most=KEEP_MOST,
        command="mailapp restore FILE",
    )


def _step(reader: Reader, step: str) -> str:
    return reader.gettext("Copying the database…") if step == "copy" else reader.gettext("Packing it…")


def _failure(reader: Reader, failed: str) -> str:
    reason, _, more = failed.partition(": ")
    if reason == "room":
        size = size_text(int(more)) if more.isdigit() else more
        return reader.gettext("The last backup failed: the disk lacks {size}.").format(size=size)
    if reason == "running":
        return reader.gettext("There was no backup: another one was being made by the command line.")
    return reader.gettext("The last backup failed: {why}.").format(why=more or reason)


def _hours(reader: Reader) -> tuple[tuple[str, str], ...]:
    """Hours of the server's clock, as the reader's."""
    now = datetime.fromtimestamp(context().clock()).astimezone()
    first = now.replace(hour=0, minute=0, second=0, microsecond=0)
    times = ((str(hour), (first + timedelta(hours=hour)).astimezone(reader.zone)) for hour in range(24))
    return tuple((value, f"{at:%H:%M}") for value, at in sorted(times, key=lambda each: each[1].strftime("%H:%M")))

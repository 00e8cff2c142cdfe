"""The checks: what was found last, looking again while one watches, and whom to ask."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import quote

from markupsafe import Markup
from quart import Blueprint, Response, request

from mailapp import maillog
from mailapp.flow.check_choices import ChoiceRefused
from mailapp.flow.check_finding import Finding, Plan, RunFailed
from mailapp.flow.checking import Checking
from mailapp.mail.address import fold
from mailapp.mail.dns_policies import PASTED_MAX
from mailapp.store import domains
from mailapp.web.admin import admin_page
from mailapp.web.check_views import (
    CheckGroup,
    CheckLine,
    ChecksView,
    ChoicesForm,
    form_of,
    groups,
    in_order,
    line,
    pending,
    summary,
)
from mailapp.web.context import context, site
from mailapp.web.forms import text
from mailapp.web.fragments import is_fragment, see_other
from mailapp.web.frames import frame
from mailapp.web.pages import Pages
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.rows import Moment, pretty_time

blueprint = Blueprint("admin_checks", __name__)
PAGE = "/admin/checks"
LISTS_LONGEST = 2_000


@blueprint.get(PAGE)
async def overview() -> Response:
    """?domain= shows one domain's alone."""
    said = current_reader().gettext("Saved.") if "saved" in request.args else ""
    return await _show(_folded(text(request.args, "domain", 253)), said=said)


@blueprint.post("/admin/check-runs")
async def look() -> Response:
    """Field domain ("" for everything). With scripts each result is streamed, else shown when all are there."""
    domain = await _known(text(await request.form, "domain", 253))
    reader, checking = current_reader(), context().checking
    if is_fragment():
        frames = _Watched(site().pages, reader, checking, domain).frames()
        response = Response(frames, 200, content_type="text/event-stream; charset=utf-8")
        response.headers["Cache-Control"] = "no-store, no-transform"
        response.headers["X-Accel-Buffering"] = "no"
        response.timeout = None
        return response
    try:
        async for _ in checking.run(domain):
            pass
    except RunFailed:
        maillog.warning("checks ended before they were done")
        return await _show(domain, 500, said=_failed(reader))
    return see_other(_path(domain))


@blueprint.post("/admin/check-settings")
async def choose() -> Response:
    """Fields dns_servers, blocklists, time_server, mails=1."""
    given = await request.form
    form = ChoicesForm(
        text(given, "dns_servers"),
        text(given, "blocklists", LISTS_LONGEST),
        text(given, "time_server"),
        given.get("mails") == "1",
    )
    try:
        by = current_account().address
        await context().checking.choose(form.dns_servers, form.blocklists, form.time_server, form.mails, by=by)
    except ChoiceRefused as refused:
        error = _refusal(current_reader(), refused)
        return await _show("", 422, form=replace(form, error_field=refused.field, error_text=error))
    maillog.administered(current_account().address, "checks set", "")
    return see_other(f"{PAGE}?saved=1")


@blueprint.post("/admin/domain-records")
async def set_records() -> Response:
    """Fields domain, records (what its relay's page shows)."""
    given = await request.form
    domain = await _known(text(given, "domain", 253))
    await context().checking.set_records(domain, text(given, "records", PASTED_MAX), by=current_account().address)
    maillog.administered(current_account().address, "relay records set", domain)
    return see_other(f"{_path(domain)}{'&' if domain else '?'}saved=1")


def _path(domain: str) -> str:
    return f"{PAGE}?domain={quote(domain)}" if domain else PAGE


def _folded(domain: str) -> str:
    return fold(f"x@{domain}").partition("@")[2] if domain else ""


async def _known(domain: str) -> str:
    """The domain where it is one of ours, else ""."""
    name = _folded(domain)
    return name if name and await context().database.read(domains.by_name, name) is not None else ""


def _refusal(reader: Reader, refused: ChoiceRefused) -> str:
    _ = reader.gettext
    words = {
        "dns_servers": _("Up to three addresses of DNS servers, for instance 192.0.2.1 or [2001:db8::1]:5353."),
        "blocklists": _("“{value}” is no blocklist. Example: zen.spamhaus.org"),
        "time_server": _("This is not the name of a server. Example: time.example.com"),
    }
    return words[refused.field].format(value=refused.value)


def _failed(reader: Reader) -> str:
    return reader.gettext("The checks ended before all were done. Try again; the log says more.")


async def _show(domain: str, status: int = 200, *, form: ChoicesForm | None = None, said: str = "") -> Response:
    reader, checking = current_reader(), context().checking
    held = await checking.held()
    keys = [key for key in in_order(held) if domain in ("", key[1])]
    findings = [held[key].finding for key in keys]
    lines = [(each.about, line(reader, place, each)) for place, each in enumerate(findings)]
    last = max((held[key].checked_at for key in keys), default=0)
    counted, good = summary(reader, findings)

    def records(db: sqlite3.Connection) -> str:
        found = domains.by_name(db, domain)
        return found.relay_records if found is not None else ""

    view = ChecksView(
        domain=domain,
        groups=groups(reader, lines),
        when=pretty_time(Moment(reader, context().clock()), last) if last else "",
        summary=counted if keys else "",
        good=good,
        records=await context().database.read(records) if domain else "",
        form=form or form_of(await checking.choices()),
        said=said,
        starts=not keys and form is None,
    )
    return await admin_page("admin_checks.html", "checks", status, view=view)


class _Watched:
    """A run somebody watches, as server-sent events with partials to swap in."""

    def __init__(self, pages: Pages, reader: Reader, checking: Checking, domain: str) -> None:
        self._pages = pages
        self._reader = reader
        self._checking = checking
        self._domain = domain
        self._places: dict[tuple[str, str, str], int] = {}
        self._found: list[Finding] = []

    async def frames(self) -> AsyncIterator[bytes]:
        yield frame(self._piece("begun"), 0)
        try:
            async for each in self._checking.run(self._domain):
                yield frame(self._planned(each) if isinstance(each, Plan) else self._looked(each), 0)
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except Exception:
            maillog.unforeseen("running checks")
            yield frame(self._piece("ended", _failed(self._reader), False), 0)
            return
        yield frame(self._piece("ended", *summary(self._reader, self._found)), 0)

    def _planned(self, plan: Plan) -> Markup:
        keys = in_order(plan.keys)
        self._places = {key: place for place, key in enumerate(keys)}
        lines: list[tuple[str, CheckLine]] = [
            (key[1], pending(self._reader, place, key)) for place, key in enumerate(keys)
        ]
        shown: tuple[CheckGroup, ...] = groups(self._reader, lines)
        return self._piece("planned", shown, self._domain)

    def _looked(self, finding: Finding) -> Markup:
        self._found.append(finding)
        return self._piece("looked", line(self._reader, self._places[finding.key], finding))

    def _piece(self, name: str, *values: object) -> Markup:
        return self._pages.macro(self._reader.language, name, "admin/checks")(*values)

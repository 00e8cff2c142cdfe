"""The relays: list, order, add by service, change, remove; and the DNS records of a sender's domain."""

import sqlite3
import time
from dataclasses import replace

from quart import Blueprint, Response, abort, request

from mailapp.flow.relay_presets import PRESETS, preset
from mailapp.flow.relaying import RelayRefused
from mailapp.mail.address import fold
from mailapp.store import domains, relays
from mailapp.store.relays import Relay
from mailapp.values import dataclass
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import answer, is_fragment, piece, see_other
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.relay_forms import RelayForm, form_of, new_relay, read_form, refused_form
from mailapp.web.relay_words import RecordView, Verdict, preset_name, record_views

blueprint = Blueprint("admin_relays", __name__)
GUIDED = "sendgrid"
"""The service whose set-up is walked through."""
RECORDS_MAX = 4_000


@dataclass(frozen=True, slots=True)
class RelayLine:
    """A relay in the list."""

    id: int
    name: str
    server: str
    domains: str
    today: str
    look: str
    """good, quiet or danger."""
    state: str
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class GuideView:
    """The walk-through's DNS part."""

    domain: str
    domains: tuple[str, ...]
    records_text: str = ""
    checks: tuple[RecordView, ...] = ()


@dataclass(frozen=True, slots=True)
class TrialView:
    """What the test's form is filled with."""

    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class TestLine:
    """One line of a dialogue."""

    mark: str
    """">" ours, "<" the relay's, "*" what happened beneath."""
    text: str
    at: str
    """Seconds since the beginning."""


@blueprint.get("/admin/relays")
async def overview() -> Response:
    reader = current_reader()
    found = await context().database.read(relays.all_)
    day = time.strftime("%Y-%m-%d", time.gmtime(context().clock()))
    return await admin_page(
        "admin_relays.html",
        "relays",
        relays=[_line(reader, each, day, place, len(found)) for place, each in enumerate(found)],
        presets=[(key, preset_name(reader, key)) for key in PRESETS],
        removed="removed" in request.args,
    )


def _line(reader: Reader, relay: Relay, day: str, place: int, count: int) -> RelayLine:
    _ = reader.gettext
    used = relay.used if relay.used_day == day else 0
    if not context().relaying.can_open(relay):
        look, state = "danger", _("secret missing")
    elif relay.is_active:
        look, state = "good", _("in use")
    else:
        look, state = "quiet", _("switched off")
    return RelayLine(
        id=relay.id,
        name=relay.name,
        server=f"{relay.host}:{relay.port}",
        domains=", ".join(relay.sender_domains),
        today=f"{used} / {relay.daily_limit}" if relay.daily_limit else str(used),
        look=look,
        state=state,
        first=place == 0,
        last=place == count - 1,
    )


@blueprint.get("/admin/relays/new")
async def new() -> Response:
    relay = new_relay(text(request.args, "preset"))
    return await relay_page(relay, form_of(current_reader(), relay))


@blueprint.post("/admin/relays")
async def add() -> Response:
    return await _save(None)


@blueprint.get("/admin/relays/<id:relay_id>")
async def one(relay_id: int) -> Response:
    relay = await stored(relay_id)
    form = form_of(current_reader(), relay, locked=not context().relaying.can_open(relay))
    return await relay_page(relay, form, saved="saved" in request.args)


@blueprint.post("/admin/relays/<id:relay_id>")
async def change(relay_id: int) -> Response:
    return await _save(await stored(relay_id))


async def _save(old: Relay | None) -> Response:
    """Fields of the form: 303 to the relay, or the form again."""
    given = await request.form
    relay, secret = read_form(given, old.id if old else 0)
    try:
        relay_id = await context().relaying.save(relay, secret, by=current_account().address)
    except RelayRefused as refusal:
        reader = current_reader()
        shown = replace(relay, preset=preset(relay.preset).key, secret=old.secret if old else b"")
        form = refused_form(reader, form_of(reader, shown), given, refusal)
        return await relay_page(old or shown, form, status=422)
    return see_other(f"/admin/relays/{relay_id}?saved=1")


@blueprint.post("/admin/relay-deletions")
async def remove() -> Response:
    """Field relay."""
    relay_id = positive_id((await request.form).get("relay", ""))
    await context().relaying.remove(relay_id, by=current_account().address)
    return see_other("/admin/relays?removed=1")


@blueprint.post("/admin/relay-moves")
async def move() -> Response:
    """Fields relay, direction (up or down)."""
    given = await request.form
    steps = {"up": -1, "down": 1}.get(given.get("direction", ""))
    if steps is None:
        abort(400)
    await context().relaying.move(positive_id(given.get("relay", "")), steps, by=current_account().address)
    return see_other("/admin/relays")


@blueprint.get("/admin/domain-checks")
async def check_domain() -> Response:
    """Look the records of a domain of ours up: ?domain=&records= (what SendGrid shows)."""
    reader = current_reader()
    guide = await _guide(text(request.args, "domain"), text(request.args, "records", RECORDS_MAX))
    checks = record_views(reader, await context().relaying.check_domain(guide.domain, guide.records_text))
    if is_fragment():
        return await answer(piece("admin/dns", "dns_checks", checks))
    relay = new_relay(GUIDED)
    return await relay_page(relay, form_of(reader, relay), guide=replace(guide, checks=tuple(checks)))


async def relay_page(
    relay: Relay,
    form: RelayForm,
    *,
    status: int = 200,
    saved: bool = False,
    guide: GuideView | None = None,
    trial: TrialView | None = None,
    lines: tuple[TestLine, ...] = (),
    verdict: Verdict | None = None,
) -> Response:
    """The page of one relay, stored or new."""
    if guide is None and form.preset.key == GUIDED:
        guide = await _guide(relay.sender_domains[0] if relay.sender_domains else "", "")
    if trial is None and relay.id:
        trial = TrialView(sender_for(relay), "")
    return await admin_page(
        "admin_relay.html",
        "relays",
        status,
        form=form,
        guide=guide,
        trial=trial,
        lines=lines,
        verdict=verdict,
        saved=saved,
        events_url=f"{context().config.public_url}/relay-events/{relay.id or '…'}" if form.preset.events else "",
    )


def sender_for(relay: Relay) -> str:
    """Who a test's mail is from: the admin, or postmaster of a domain the relay serves."""
    address = current_account().address
    if not relay.sender_domains or address.rpartition("@")[2] in relay.sender_domains:
        return address
    return f"postmaster@{relay.sender_domains[0]}"


async def stored(relay_id: int) -> Relay:
    """The relay with this id, else 404."""
    relay = await context().database.read(relays.get, relay_id)
    if relay is None:
        abort(404)
    return relay


async def _guide(domain: str, records: str) -> GuideView:
    """Domains of ours to choose from, with the wanted one, else the admin's own, chosen."""

    def names(db: sqlite3.Connection) -> list[str]:
        return [each.name for each in domains.all_(db)]

    own = current_account().address.rpartition("@")[2]
    known = await context().database.read(names) or [own]
    wanted = fold(f"x@{domain}").partition("@")[2]
    chosen = next((each for each in (wanted, own) if each in known), known[0])
    return GuideView(chosen, tuple(known), records)

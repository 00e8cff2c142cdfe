"""The account's own view links: making one, the list of them with who opened each, ending one."""

import sqlite3

from quart import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from mailapp.flow.viewing import LASTING_S, OPENS, STANDING_MOST, USUAL_S, NothingToShare, TooManyLinks, Wish
from mailapp.store import addresses, messages, views
from mailapp.store.messages import StoredMessage
from mailapp.store.views import ADDRESS, CODES, KINDS, MESSAGE, ViewLink, ViewOpen
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.agents import agent_name
from mailapp.web.context import context
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import page, see_other
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.rows import SUBJECT_LONGEST, Moment, pretty_time
from mailapp.web.viewed import base_of

blueprint = Blueprint("view_links", __name__)
PLACE = "/settings#view-links"
LISTED = 200
OPENS_LISTED = 20
UNLIMITED = "0"
"""What the form says for no bound on opens."""
HOUR_S, DAY_S = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class LinkForm:
    """The page that asks what to share."""

    wish: Wish
    subject: str
    """Of the message it was opened from, "" for none."""
    offered: tuple[str, ...]
    """Addresses to choose from."""
    lasting: tuple[tuple[int, str], ...]
    """Seconds and words."""
    opens: tuple[tuple[str, str], ...]
    error: str = ""

    @property
    def back_href(self) -> str:
        return f"/messages/{self.wish.message_id}" if self.wish.message_id else PLACE


@dataclass(frozen=True, slots=True)
class OpenView:
    time: str
    peer: str
    agent: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as its owner sees it."""

    id: int
    what: str
    """The subject, or the address."""
    kind: str
    """In words: message, text; all mail; codes."""
    standing: bool
    state: str
    """Until when it works, or how it ended."""
    opens: str
    opened: tuple[OpenView, ...]
    """The last OPENS_LISTED, the newest first."""


@blueprint.get("/view-links/new")
@requires_account
async def form() -> Response:
    """?message=<id> offers that message and the address it came for, ?kind= chooses."""
    message_id = positive_id(request.args["message"]) if "message" in request.args else 0
    kind = request.args.get("kind", MESSAGE if message_id else ADDRESS)
    wish = Wish(kind if kind in KINDS else ADDRESS, message_id, request.args.get("address", "")[:300], whole=True)
    return await page("view_link.html", form=await _form(wish))


@blueprint.post("/view-links")
@requires_account
async def make() -> Response:
    """Fields kind, message, address, whole=0|1, lasting (seconds), opens (0: no bound), earlier=1: the link, once."""
    wish = _wish(await request.form)
    _ = current_reader().gettext
    try:
        link_id, token = await context().viewing.make(current_account().id, wish)
    except TooManyLinks:
        error = _("{number} links of yours work right now. End one first.").format(number=STANDING_MOST)
        return await page("view_link.html", 409, form=await _form(wish, error))
    except NothingToShare:
        error = _("No mail for this address comes to you.")
        if wish.kind == MESSAGE:
            error = _("This message is no longer here.")
        return await page("view_link.html", 422, form=await _form(wish, error))
    made = await context().database.read(views.get, current_account().id, link_id)
    shown = (await _views(current_reader(), [made] if made else []))[0]
    url = context().config.public_url + base_of(token)
    back = f"/messages/{wish.message_id}" if wish.message_id else PLACE
    return await page("view_link_made.html", link=shown, url=url, back_href=back)


@blueprint.post("/view-link-ends")
@requires_account
async def end() -> Response:
    """Field link=<id>: nobody sees anything by it any more."""
    if not await context().viewing.revoke(current_account().id, positive_id(text(await request.form, "link"))):
        abort(404)
    return see_other(PLACE)


async def links_of(reader: Reader) -> tuple[LinkView, ...]:
    """The reader's links, those that work first, then those that ended within a month."""
    assert reader.account is not None
    found = await context().database.read(views.of_account, reader.account.id, LISTED)
    return tuple(sorted(await _views(reader, found), key=lambda each: not each.standing))


async def _views(reader: Reader, links: list[ViewLink]) -> list[LinkView]:
    def read(db: sqlite3.Connection) -> list[tuple[str | None, list[ViewOpen]]]:
        found = []
        for each in links:
            stored = messages.row(db, each.account_id, each.message_id) if each.message_id else None
            found.append((stored.subject if stored else None, views.opens_of(db, each.id, OPENS_LISTED)))
        return found

    moment = Moment(reader, context().clock())
    told = await context().database.read(read)
    return [_view(moment, link, subject, opens) for link, (subject, opens) in zip(links, told, strict=True)]


def _view(moment: Moment, link: ViewLink, subject: str | None, opens: list[ViewOpen]) -> LinkView:
    _ = moment.reader.gettext
    kinds = {MESSAGE: _("One message"), ADDRESS: _("All mail of this address"), CODES: _("Codes of this address")}
    kind = kinds[link.kind] + ("" if link.whole or link.kind == CODES else _(", text only"))
    what = link.address
    if link.kind == MESSAGE:
        what = _("(a message that is gone)") if subject is None else subject[:SUBJECT_LONGEST] or moment.no_subject
    now_ms = int(moment.now * 1000)
    until = pretty_time(moment, link.expires_at)
    state = _("until {time}") if link.stands(now_ms) else _("expired {time}")
    if link.revoked_at is not None:
        state, until = _("ended {time}"), pretty_time(moment, link.revoked_at)
    counted = moment.reader.ngettext("opened {number} time", "opened {number} times", link.opens)
    if link.opens_most is not None:
        counted = _("opened {number} of {most} times")
    return LinkView(
        id=link.id,
        what=what,
        kind=kind,
        standing=link.stands(now_ms),
        state=state.format(time=until),
        opens=counted.format(number=link.opens, most=link.opens_most),
        opened=tuple(
            OpenView(pretty_time(moment, each.opened_at), each.peer, agent_name(each.user_agent)) for each in opens
        ),
    )


def _wish(given: MultiDict[str, str]) -> Wish:
    """What the form asks for; 400 for what it does not offer."""
    lasting = {str(each): each for each in LASTING_S}
    opens = {str(each or UNLIMITED): each for each in OPENS}
    kind, seconds, most = given.get("kind", ""), given.get("lasting", str(USUAL_S)), given.get("opens", "5")
    if kind not in KINDS or seconds not in lasting or most not in opens:
        abort(400)
    return Wish(
        kind=kind,
        message_id=positive_id(given["message"]) if given.get("message") else 0,
        address=text(given, "address"),
        whole=given.get("whole") == "1",
        lasting_s=lasting[seconds],
        opens_most=opens[most],
        earlier=given.get("earlier") == "1",
    )


async def _form(wish: Wish, error: str = "") -> LinkForm:
    account = current_account()

    def read(db: sqlite3.Connection) -> tuple[StoredMessage | None, frozenset[str]]:
        stored = messages.get(db, account.id, wish.message_id) if wish.message_id else None
        return stored, addresses.of_account(db, account.id)

    stored, own = await context().database.read(read)
    if wish.message_id and stored is None and not error:
        abort(404)
    came_for = stored.addressees if stored else ()
    offered = tuple(dict.fromkeys((*came_for, *(() if came_for else (account.address, *sorted(own))))))
    _, ngettext = current_reader().gettext, current_reader().ngettext
    lasting = tuple((each, _span(current_reader(), each)) for each in LASTING_S)
    opens = tuple(
        (str(each or UNLIMITED), ngettext("{number} time", "{number} times", each).format(number=each))
        if each
        else (UNLIMITED, _("Any number"))
        for each in OPENS
    )
    subject = (stored.row.subject[:SUBJECT_LONGEST] or _("(no subject)")) if stored else ""
    return LinkForm(wish, subject, offered, lasting, opens, error)


def _span(reader: Reader, seconds: int) -> str:
    if seconds < DAY_S:
        return reader.ngettext("{number} hour", "{number} hours", seconds // HOUR_S).format(number=seconds // HOUR_S)
    return reader.ngettext("{number} day", "{number} days", seconds // DAY_S).format(number=seconds // DAY_S)

"""GET /compose: a new message, an answer, a forward, one sent again, or a draft gone on with."""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from html import escape

from quart import Blueprint, Response, abort, request

from mailapp.mail.address import fold
from mailapp.mail.again import again
from mailapp.mail.draft import Draft
from mailapp.mail.message import Message
from mailapp.mail.reply import QuoteWords, forward, reply
from mailapp.store import addresses, drafts, messages, queue, signatures
from mailapp.store.drafts import StoredDraft
from mailapp.store.messages import StoredMessage
from mailapp.store.queue import Item
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.composing import KEY_LONGEST, ComposeView, Sender, view_of
from mailapp.web.context import context, site
from mailapp.web.dates import pretty_date
from mailapp.web.folders import INBOX, key_of
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, is_fragment, local_path, page, piece
from mailapp.web.letters import LARGE, Letters
from mailapp.web.lists import gather, list_of, sidebar_of
from mailapp.web.message import show
from mailapp.web.reader import Reader, current_account, current_reader

blueprint = Blueprint("compose", __name__)
ANSWERS = ("reply", "reply_all", "forward")
AGAIN = "again"
TO_LONGEST = 4_096
NEVER = date.min
"""As today: a date is then told with its year."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the store knows that a compose page needs."""

    senders: tuple[Sender, ...]
    stored: StoredDraft | None = None
    original: tuple[StoredMessage, Message] | None = None
    """The message answered, forwarded or sent again."""
    item: Item | None = None
    """Its place in the queue, where the account sent it."""


@blueprint.get("/compose")
@requires_account
async def compose() -> Response:
    """?draft=<id> or ?key=: that draft; ?reply=, ?reply_all=, ?forward=<message id>; ?to= for a new one.

    ?again=<message id> for a message of one's own: to everybody, ?recipient=<its id in the queue>, or ?failed=1.
    """
    given = request.args
    draft_id = positive_id(given["draft"]) if "draft" in given else 0
    kind = next((each for each in (*ANSWERS, AGAIN) if each in given), "")
    message_id = positive_id(given[kind]) if kind else 0
    ground = await ground_of(draft_id, given.get("key", "")[:KEY_LONGEST], message_id)
    if (draft_id and ground.stored is None) or (message_id and ground.original is None):
        abort(404)
    if kind == AGAIN and ground.item is None:
        abort(404)
    failed = "failed" in given
    chosen = positive_id(given["recipient"]) if "recipient" in given else 0
    view_path = local_path(given.get("view", ""), INBOX)
    view_path = view_path if view_path.startswith("/mail/") else INBOX
    wanted = (
        ground,
        kind,
        given.get("key", "")[:KEY_LONGEST],
        given.get("to", "")[:TO_LONGEST],
        view_path,
        chosen,
        failed,
    )
    quotes_much = ground.original is not None and len(ground.original[1].html) >= LARGE
    view = await asyncio.to_thread(_view, *wanted) if quotes_much else _view(*wanted)
    return await shown(view)


async def ground_of(draft_id: int = 0, key: str = "", message_id: int = 0) -> Ground:
    """Read what a compose page needs, in one snapshot. A draft that is submitted counts as none."""
    account, letters = current_account(), site().letters

    def read(db: sqlite3.Connection) -> Ground:
        return Ground(
            senders=_senders(db, account.id, account.address),
            stored=_stored(db, account.id, draft_id, key),
            original=_original(db, letters, account.id, message_id),
            item=queue.of_message(db, account.id, message_id) if message_id else None,
        )

    return await context().database.read(read)


def _senders(db: sqlite3.Connection, account_id: int, own: str) -> tuple[Sender, ...]:
    texts = signatures.all_(db, account_id)
    known = sorted(addresses.of_account(db, account_id) - {own})
    return tuple(Sender(each, texts.get(each, "")) for each in (own, *known))


def _stored(db: sqlite3.Connection, account_id: int, draft_id: int, key: str) -> StoredDraft | None:
    found = None
    if draft_id:
        found = drafts.get(db, account_id, draft_id)
    elif key:
        found = drafts.by_key(db, account_id, key)
    return found if found is not None and found.message_id is not None else None


def _original(
    db: sqlite3.Connection, letters: Letters, account_id: int, message_id: int
) -> tuple[StoredMessage, Message] | None:
    stored = messages.get(db, account_id, message_id) if message_id else None
    if stored is None:
        return None
    message = letters.parsed(db, stored.content_id)
    message.make_text()  # not on the event loop
    return stored, message


def _view(ground: Ground, kind: str, key: str, to: str, view_path: str, chosen: int, failed: bool) -> ComposeView:
    if ground.stored is not None:
        return view_of(ground.stored.draft, ground.senders, stored=ground.stored, view_path=view_path)
    if ground.original is None:
        from_ = ground.senders[0]
        fresh = signed(Draft(from_=from_.address, to=to), from_.signature)
        return view_of(fresh, ground.senders, key=key, view_path=view_path)
    draft = once_more(ground, chosen, failed=failed) if kind == AGAIN else answering(kind, ground)
    parts = ground.original[1].attachments if kind in ("forward", AGAIN) else ()
    originals = [(each.name, each.size) for each in parts]
    return view_of(draft, ground.senders, originals=originals, view_path=view_path)


def answering(kind: str, ground: Ground) -> Draft:
    """The draft an answer or a forward begins with, signed."""
    assert ground.original is not None
    reader = current_reader()
    stored, original = ground.original
    words = quote_words(reader)
    # what it was delivered to reaches this account, tag and catch-all included: nobody else may have decided that
    own = {each.address for each in ground.senders} | {fold(stored.row.delivered_to)} - {""}
    if kind == "forward":
        draft = forward(original, words, delivered_to=stored.row.delivered_to, own=own)
        draft = replace(draft, forwards=stored.row.id)
    else:
        draft = reply(original, stored.row.delivered_to, own, kind == "reply_all", words)
        draft = replace(draft, answers=stored.row.id)
    draft = replace(draft, from_=draft.from_ or ground.senders[0].address)
    return signed(draft, signature_of(ground.senders, draft.from_))


def once_more(ground: Ground, chosen: int, *, failed: bool) -> Draft:
    """The draft a message of one's own was: for the chosen recipient, for those it failed for, or for everybody."""
    assert ground.original is not None
    assert ground.item is not None
    stored, original = ground.original
    recipients = [
        each.address
        for each in ground.item.recipients
        if (each.id == chosen if chosen else not failed or each.state == "failed")
    ]
    draft = again(original, recipients, {each.address for each in ground.senders})
    return replace(draft, from_=draft.from_ or ground.senders[0].address, resends=stored.row.id)


def signature_of(senders: Sequence[Sender], address: str) -> str:
    """The signature of an address, "" where it has none."""
    return next((each.signature for each in senders if each.address == address), "")


def signed(draft: Draft, signature: str) -> Draft:
    """A draft with a signature above what it quotes (RFC 3676 4.3: behind "-- " on a line of its own)."""
    if not signature:
        return draft
    html = draft.html
    if html:
        lines = "<br>".join(escape(each) for each in signature.split("\n"))
        html = f"<div><br></div><div>-- <br>{lines}</div>{html}"
    return replace(draft, text=f"\n\n-- \n{signature}\n\n" + draft.text.lstrip("\n"), html=html)


def quote_words(reader: Reader) -> QuoteWords:
    """The words of a quotation in the reader's language and zone; the day by its date, which does not grow old."""
    _ = reader.gettext

    def told(at_ms: int) -> str:
        at = datetime.fromtimestamp(at_ms / 1000, reader.zone)
        day = pretty_date(reader, at.date(), NEVER)
        return _("{day} {clock}").format(day=day, clock=f"{at:%H:%M}")

    return QuoteWords(
        date=told,
        attribution=_("On {date}, {name} wrote:"),
        undated=_("{name} wrote:"),
        forwarded=_("---------- Forwarded message ----------"),
        from_label=_("From:"),
        date_label=_("Date:"),
        subject_label=_("Subject:"),
        to_label=_("To:"),
        cc_label=_("Cc:"),
        colon="" if reader.language.startswith("zh") else " ",
    )


async def shown(view: ComposeView, status: int = 200) -> Response:
    """A compose view: the pane as a fragment, else the page with its list and what is answered beside it."""
    if is_fragment():
        return await answer(piece("compose/pane", "compose_pane", view), status)
    reader = current_reader()
    beside_id = view.draft.answers or view.draft.forwards or view.draft.resends
    beside = await show(beside_id, view.view_path, rows=True) if beside_id else None
    if beside is not None:
        gathered, folder = beside.gathered, beside.folder
    else:
        gathered = await context().database.read(gather, reader, key_of(view.view_path))
        folder = gathered.folder or gathered.folders["inbox"]
    return await page(
        "mail.html",
        status,
        sidebar=sidebar_of(reader, gathered, folder),
        list=list_of(site(), reader, gathered, folder, open_id=beside_id if beside else 0),
        message=beside.view if beside else None,
        compose=view,
    )

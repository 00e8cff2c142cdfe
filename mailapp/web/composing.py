"""What compose is made of: the view model of the page, and the draft in what its form posts."""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from quart import abort
from werkzeug.datastructures import MultiDict

from mailapp.flow.drafting import DraftRefused
from mailapp.mail.draft import MAX_FIELD, MAX_HTML, MAX_REFERENCES, MAX_TEXT, Draft
from mailapp.mail.html_text import html_to_text
from mailapp.mail.message import MAX_ID, MAX_SUBJECT
from mailapp.mail.sanitize_outgoing import outgoing
from mailapp.mail.sizes import size_text
from mailapp.mail.tidy import TooMuchMarkup
from mailapp.store.draft_attachments import DraftAttachment
from mailapp.store.drafts import StoredDraft
from mailapp.values import dataclass
from mailapp.web.attachments import kind_of
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.letters import LARGE
from mailapp.web.reader import Reader, current_account, current_reader

KEY_LONGEST = 64
AT_FORM = "%Y-%m-%dT%H:%M"
"""What <input type=datetime-local> posts."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One choice of From."""

    address: str
    signature: str


@dataclass(frozen=True, slots=True)
class DraftFile:
    """An attachment of a draft as the page shows it."""

    id: int
    name: str
    size: int
    size_text: str
    kind: str
    cid: str
    """"" for a file, else the Content-ID the letter's HTML names."""
    href: str


@dataclass(frozen=True, slots=True)
class ComposeView:
    """A compose page. What is typed stands as it was typed."""

    key: str
    page: str
    """Names this one page among all that have the draft open."""
    draft_id: int
    """0 before the first save."""
    revision: int
    title: str
    senders: tuple[Sender, ...]
    draft: Draft
    files: tuple[DraftFile, ...]
    originals: tuple[str, ...]
    """Names of the files a forward, or a message sent again, could take along."""
    originals_size: str
    at: str
    """The chosen time in the reader's zone, as datetime-local has it, or ""."""
    earliest: str
    zone: str
    undo_s: int
    max_size: int
    """Bytes of a message as it travels."""
    saved_at: str
    """Clock of the last save, "" before it."""
    view_path: str
    """The list beside it."""
    error_field: str = ""
    """from, to, cc, bcc, subject, attachment, at or limit."""
    error_text: str = ""
    unattached: bool = False
    """Whether it was said already that the text speaks of a file that is not there."""


def new_key() -> str:
    """A draft's key, made before there is a draft, so that a save that is repeated makes no second one."""
    return secrets.token_urlsafe(12)


def draft_file(draft_id: int, one: DraftAttachment) -> DraftFile:
    """The view model of one attachment of a draft."""
    kind = kind_of(one.content_type)
    href = f"/drafts/{draft_id}/attachments/{one.id}"
    return DraftFile(one.id, one.name, one.size, size_text(one.size), kind, one.cid, href)


def view_of(
    draft: Draft,
    senders: Sequence[Sender],
    *,
    stored: StoredDraft | None = None,
    key: str = "",
    originals: Iterable[tuple[str, int]] = (),
    view_path: str = "/mail/inbox",
    error: tuple[str, str] = ("", ""),
    unattached: bool = False,
) -> ComposeView:
    """The view model of a draft, stored or not yet. `originals` are (name, bytes) of files it could take along."""
    reader, held = current_reader(), list(originals)
    now = datetime.fromtimestamp(context().clock(), reader.zone)
    at = datetime.fromtimestamp(draft.scheduled_ms / 1000, reader.zone) if draft.scheduled_ms else None
    saved = datetime.fromtimestamp(stored.updated_ms / 1000, reader.zone) if stored else None
    return ComposeView(
        key=stored.key if stored else key or new_key(),
        page=secrets.token_urlsafe(6),
        draft_id=stored.id if stored else 0,
        revision=stored.revision if stored else 0,
        title=_title(reader, draft),
        senders=_with_own(senders, draft.from_),
        draft=draft,
        files=tuple(draft_file(stored.id, one) for one in stored.attachments) if stored else (),
        originals=tuple(name or reader.gettext("Untitled") for name, _ in held),
        originals_size=size_text(sum(size for _, size in held)),
        at=at.strftime(AT_FORM) if at and at > now else "",
        earliest=now.strftime(AT_FORM),
        zone=reader.zone.key,
        undo_s=current_account().undo_send_s,
        max_size=context().config.max_message_size,
        saved_at=f"{saved:%H:%M}" if saved else "",
        view_path=view_path,
        error_field=error[0],
        error_text=error[1],
        unattached=unattached,
    )


def _title(reader: Reader, draft: Draft) -> str:
    _ = reader.gettext
    if draft.answers:
        return _("Reply: {subject}").format(subject=draft.subject.removeprefix("Re: ") or _("(no subject)"))
    if draft.forwards:
        return _("Forward: {subject}").format(subject=draft.subject.removeprefix("Fwd: ") or _("(no subject)"))
    if draft.resends:
        return _("Send again: {subject}").format(subject=draft.subject or _("(no subject)"))
    return _("New message")


def _with_own(senders: Sequence[Sender], address: str) -> tuple[Sender, ...]:
    """The choices of From; an address only a catch-all or a tag brings here is one more where the draft has it."""
    known = any(each.address == address for each in senders)
    return (*senders, *([] if known or not address else [Sender(address, "")]))


def key_in(form: MultiDict[str, str]) -> str:
    """The draft's key a form names. 400 without."""
    key = text(form, "key", KEY_LONGEST)
    if not key:
        abort(400)
    return key


async def draft_in(form: MultiDict[str, str]) -> Draft:
    """The draft a form holds; its HTML sanitised, its plain text made of that. Raises DraftRefused."""
    html = text(form, "html", MAX_HTML)
    if html:
        large = len(html) >= LARGE
        try:
            html, letter = await asyncio.to_thread(_clean, html) if large else _clean(html)
        except TooMuchMarkup:
            raise DraftRefused("too_much_markup") from None
    else:
        letter = _lines(form, "text")
    return Draft(
        from_=text(form, "from", 320),
        to=text(form, "to", MAX_FIELD),
        cc=text(form, "cc", MAX_FIELD),
        bcc=text(form, "bcc", MAX_FIELD),
        subject=text(form, "subject", MAX_SUBJECT),
        text=letter,
        html=html,
        in_reply_to=text(form, "in_reply_to", MAX_ID),
        references=tuple(text(form, "references", 131_072).split()[-MAX_REFERENCES:]),
        answers=number_in(form, "answers"),
        forwards=number_in(form, "forwards"),
        resends=number_in(form, "resends"),
        scheduled_ms=at_in(form) or 0,
    )


def _lines(form: MultiDict[str, str], name: str) -> str:
    """A text area's value: its line ends as \\n, blanks kept where they were typed."""
    value = form.get(name, "").encode("utf-8", "ignore").decode("utf-8").replace("\x00", "")
    return value.replace("\r\n", "\n").replace("\r", "\n")[:MAX_TEXT]


def _clean(html: str) -> tuple[str, str]:
    safe = outgoing(html)
    return safe, html_to_text(safe)[:MAX_TEXT]


def number_in(form: MultiDict[str, str], name: str) -> int:
    """A number that may be left out (0); nonsense counts as left out."""
    value = form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def at_in(form: MultiDict[str, str]) -> int | None:
    """The chosen time in ms since 1970 UTC, read in the reader's zone; 0 for none, None for nonsense.

    A time the clocks leave out is the one an hour later; of one they show twice it is the first.
    """
    value = text(form, "at", 32)
    if not value:
        return 0
    try:
        chosen = datetime.fromisoformat(value)
    except ValueError:
        return None
    if chosen.tzinfo is not None or not 1970 < chosen.year < 9000:
        return None
    return int(chosen.replace(tzinfo=current_reader().zone).timestamp() * 1000)

"""All mail as the admin sees it."""

from collections.abc import Sequence
from dataclasses import replace

from mailapp.store.all_mail import Hits, Use
from mailapp.store.messages import MessageRow
from mailapp.values import dataclass
from mailapp.web.folders import INBOX
from mailapp.web.rows import Moment, pretty_time, row
from mailapp.web.search_head import problem_text


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One message of somebody's; who looks at the list does not open it."""

    id: int
    account: str
    alias: str
    """The address it came for, where that is another one."""
    sender: str
    subject: str
    preview: str
    time: str
    iso: str
    attachments: bool


@dataclass(frozen=True, slots=True)
class UseLine:
    time: str
    text: str


@dataclass(frozen=True, slots=True)
class AllMailView:
    allowed: bool
    q: str
    account: str
    path: str
    uses: tuple[UseLine, ...]
    account_error: str = ""
    searched: bool = False
    rows: tuple[FoundRow, ...] = ()
    newest: int = 0
    """Of the first page: the newest message its reader sees; 0 on later pages."""
    count: str = ""
    number: str = ""
    """How many were counted, for the button that deletes all."""
    older_href: str = ""
    problems: tuple[str, ...] = ()
    left_out: str = ""
    """That accounts were left out for lack of time."""


def plain_view(moment: Moment, allowed: bool, q: str, account: str, path: str, uses: Sequence[Use]) -> AllMailView:
    """The page before anything is found."""
    return AllMailView(allowed, q, account, path, tuple(_use(moment, each) for each in uses))


def found_view(moment: Moment, view: AllMailView, hits: Hits, *, first: bool) -> AllMailView:
    """The page with what was found."""
    reader = moment.reader
    rows = tuple(_row(moment, stored, account) for stored, account in hits.rows)
    number = f"{hits.count:,}" + ("" if hits.counted_all else "+")
    counted = reader.ngettext("{number} message", "{number} messages", hits.count).format(number=number)
    left_out = reader.ngettext(
        "There was no time to look through {number} account. Name an account to look there.",
        "There was no time to look through {number} accounts. Name an account to look there.",
        hits.left_out,
    ).format(number=hits.left_out)
    return replace(
        view,
        searched=True,
        rows=rows,
        newest=rows[0].id if rows and first else 0,
        count=counted if first else "",
        number=number,
        older_href=f"{view.path}&before={hits.resume}" if hits.resume else "",
        problems=tuple(problem_text(reader, each) for each in hits.problems),
        left_out=left_out if hits.left_out else "",
    )


def _row(moment: Moment, stored: MessageRow, account: str) -> FoundRow:
    shown = row(moment, stored, INBOX)
    return FoundRow(
        id=stored.id,
        account=account,
        alias="" if stored.delivered_to == account or shown.draft else stored.delivered_to,
        sender=shown.sender,
        subject=shown.subject,
        preview=shown.preview,
        time=shown.time,
        iso=shown.iso,
        attachments=shown.attachments,
    )


def _use(moment: Moment, use: Use) -> UseLine:
    reader = moment.reader
    number = reader.ngettext("{number} message", "{number} messages", use.messages).format(number=f"{use.messages:,}")
    texts = {
        "allowed": reader.gettext("{admin} allowed it"),
        "forbidden": reader.gettext("{admin} forbade it"),
        "searched": reader.gettext("{admin} searched for “{query}”: {number}"),
        "deleted": reader.gettext("{admin} deleted {number}"),
        "restored": reader.gettext("{admin} brought {number} back"),
    }
    text = texts[use.act].format(admin=use.admin, query=use.query, number=number)
    return UseLine(pretty_time(moment, use.at_ms), text)

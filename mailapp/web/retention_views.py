"""Retention rules as pages show them: an account's own, and all of them for the admin."""

import sqlite3
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime

from mailapp.mail.sizes import size_text
from mailapp.store import accounts, mailboxes, retention
from mailapp.store.mailboxes import Mailbox
from mailapp.store.retention import MOST_COUNT, MOST_DAYS, Limits, Preview, Rule
from mailapp.values import dataclass
from mailapp.web.dates import pretty_date
from mailapp.web.folders import folder_names
from mailapp.web.reader import Reader
from mailapp.web.rows import Moment

RULES_SHOWN = 500
OWN = "/retention"
ADMIN = "/admin/retention"


@dataclass(frozen=True, slots=True)
class RuleLine:
    id: int
    whose: str
    """An address, or that it is for every account; "" on one's own page."""
    folder: str
    keeps: str
    by: str
    """Who made it, where that is not the reader."""
    removable: bool
    href: str
    """The form with its values."""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The form as it was posted."""

    folder: str = ""
    count: str = ""
    days: str = ""
    error_field: str = ""
    """folder, count or days."""
    error_text: str = ""
    preview: str = ""
    """What the rule would delete, in words; "" where nobody asked."""


@dataclass(frozen=True, slots=True)
class RetentionView:
    base: str
    account: str
    """Id of the account whose folders it is about; "" for one's own and for those of all."""
    address: str
    """That account's."""
    folders: Sequence[tuple[str, str]]
    """(value, name) to choose from."""
    lines: Sequence[RuleLine]
    next_run: str
    form: RuleForm = field(default_factory=RuleForm)
    said: str = ""

    @property
    def here(self) -> str:
        """The page's own path."""
        return f"{self.base}?account={self.account}" if self.account else self.base


@dataclass(frozen=True, slots=True)
class Held:
    """What the store has for a page."""

    rules: Sequence[Rule]
    boxes: Mapping[int, Sequence[Mailbox]]
    """By account."""
    address: str = ""


def read_own(db: sqlite3.Connection, account_id: int) -> Held:
    """An account's rules and folders."""
    account = accounts.get(db, account_id)
    boxes = {account_id: mailboxes.of_account(db, account_id)}
    return Held(retention.of_account(db, account_id), boxes, account.address if account else "")


def read_all(db: sqlite3.Connection) -> Held:
    """Rules of every account, with the folders they are about."""
    rules = retention.page(db, RULES_SHOWN)
    whose = {each.account_id for each in rules if each.account_id is not None}
    return Held(rules, {each: mailboxes.of_account(db, each) for each in whose})


def choices(reader: Reader, held: Sequence[Mailbox]) -> list[tuple[str, str]]:
    """(id, name) of the folders a rule can be about; those within others by their path."""
    names = folder_names(reader)
    found = [(str(each.id), names[each.role]) for each in held if each.role and each.role not in retention.NEVER]
    path: list[str] = []
    for depth, each in mailboxes.tree(held):
        path = [*path[:depth], each.name]
        found.append((str(each.id), "/".join(path)))
    return found


def role_choices(reader: Reader) -> list[tuple[str, str]]:
    """The same for every account."""
    names = folder_names(reader)
    return [(each, names[each]) for each in retention.ROLES]


def lines_of(reader: Reader, held: Held, *, admin: bool) -> list[RuleLine]:
    """Rules in the order of `held`."""
    _ = reader.gettext
    names = {int(value): name for boxes in held.boxes.values() for value, name in choices(reader, boxes)}
    roles = dict(role_choices(reader))
    lines = []
    for each in held.rules:
        folder = roles.get(each.role or "") or names.get(each.mailbox_id or 0, "")
        value = each.role or each.mailbox_id
        count, days = each.limits.count or "", each.limits.days or ""
        account = f"account={each.account_id}&" if admin and each.account_id else ""
        lines.append(
            RuleLine(
                id=each.id,
                whose=(_("Every account") if each.role else each.address) if admin else "",
                folder=folder,
                keeps=keeps(reader, each.limits),
                by="" if each.by_admin == admin else _("the account") if admin else _("the administrator"),
                removable=admin or not each.by_admin,
                href=f"{ADMIN if admin else OWN}?{account}folder={value}&count={count}&days={days}",
            )
        )
    return lines


def keeps(reader: Reader, limits: Limits) -> str:
    """The newest 1,000, 90 days."""
    said = []
    if limits.count:
        count = reader.ngettext("the newest message", "the newest {number} messages", limits.count)
        said.append(count.format(number=f"{limits.count:,}"))
    if limits.days:
        days = reader.ngettext("{number} day", "{number} days", limits.days)
        said.append(days.format(number=f"{limits.days:,}"))
    return reader.gettext(", ").join(said)


def told(moment: Moment, preview: Preview) -> str:
    """What a rule would delete: 1,204 messages, the oldest of Mar 4, 80 MB."""
    reader = moment.reader
    if not preview.messages:
        return reader.gettext("Nothing would go now.")
    oldest = datetime.fromtimestamp(preview.oldest_ms / 1000, reader.zone).date()
    text = reader.ngettext(
        "{number} message would go: of {date}, {size}.",
        "{number} messages would go: the oldest of {date}, {size} in all.",
        preview.messages,
    )
    number = f"{preview.messages:,}" + ("+" if preview.is_least else "")
    date = pretty_date(reader, oldest, moment.today)
    return text.format(number=number, date=date, size=size_text(preview.size))


def limits_of(reader: Reader, form: RuleForm) -> tuple[Limits | None, str, str]:
    """What a form keeps, or the field that is wrong and why."""
    count, days = _number(form.count), _number(form.days)
    for name, value, most in (("count", count, MOST_COUNT), ("days", days, MOST_DAYS)):
        if value is None or value > most:
            return None, name, reader.gettext("A number from 1 to {most}, or nothing.").format(most=f"{most:,}")
    limits = Limits(count or 0, days or 0)
    if not limits.are_good:
        return None, "count", reader.gettext("Say how many messages are kept, or for how long.")
    return limits, "", ""


def _number(text: str) -> int | None:
    """A number as people type it; 0 for nothing, None for what is none."""
    digits = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    if not digits:
        return 0
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None

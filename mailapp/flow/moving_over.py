"""Moving over from the original project: users become accounts, letters messages. Doing it again adds nothing."""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import field
from itertools import islice

from mailapp.flow import passwords
from mailapp.flow.understanding import arrival_of, understand
from mailapp.mail import address as addresses_
from mailapp.mail.content import MemoryContent
from mailapp.mail.dates import date_ms
from mailapp.mail.message import Person
from mailapp.mail.restored import restored
from mailapp.store import accounts, addresses, arrivals, audit, domains, filings, references, threads
from mailapp.store.database import transact
from mailapp.store.original import Letter, Original
from mailapp.store.past_ids import PastIds
from mailapp.values import dataclass

AT_ONCE = 25
"""Letters a transaction: the server's own deliveries get in between."""


class NoAdmin(Exception):
    """There is nobody who would get the mail of addresses without a user."""


@dataclass(slots=True)
class Moved:
    """What moving over came to."""

    users: int = 0
    users_there: int = 0
    without_address: list[str] = field(default_factory=list)
    """Names of users that are no address: the original's admin above all."""
    without_password: list[str] = field(default_factory=list)
    """Addresses whose password hash is none we can verify: an admin sets a new one."""
    letters: int = 0
    letters_there: int = 0
    to_admin: int = 0
    """Letters for addresses without a user."""


def move_over(
    db: sqlite3.Connection, original: Original, told: Callable[[int], None] = lambda _: None, *, by: str = audit.ITSELF
) -> Moved:
    """Import users, then mail; `told` hears how many letters were looked at, `by` is for the audit log.

    Raises NoAdmin, NotTheOriginal.
    """
    admin = accounts.first_admin(db)
    if admin is None:
        raise NoAdmin
    moved = Moved()
    for user in original.users():
        transact(db, _add_user, user.email, user.password_hash, admin, by, moved)
    ids = PastIds()
    for letters in _batches(original.letters()):
        counted = transact(db, _add_letters, ids, letters, admin)
        moved.letters += counted[0]
        moved.letters_there += counted[1]
        moved.to_admin += counted[2]
        told(len(letters))
    if moved.letters:
        transact(db, _note, by, str(moved.letters))
    return moved


def _note(db: sqlite3.Connection, by: str, number: str) -> None:
    audit.record(db, by, "account.imported", "", number, about="import-original", now_ms=_now_ms())


def _batches(letters: Iterator[Letter]) -> Iterator[list[Letter]]:
    while batch := list(islice(letters, AT_ONCE)):
        yield batch


def _add_user(db: sqlite3.Connection, email: str, hashed: str, admin: int, by: str, moved: Moved) -> None:
    if not addresses_.is_valid(email):
        moved.without_address.append(email[:100])
        return
    address, now = addresses_.fold(email), _now_ms()
    if accounts.by_address(db, address) is not None or addresses.exists(db, address):
        moved.users_there += 1
        return
    if not passwords.is_foreign(hashed):
        moved.without_password.append(address)
    accounts.add(db, address=address, name="", password_hash=hashed, role=accounts.MEMBER, now_ms=now)
    audit.record(db, by, "account.added", "", accounts.MEMBER, about=address, now_ms=now)
    moved.users += 1
    # the original took mail for any address
    domain = domains.by_name(db, address.rpartition("@")[2])
    if domain is not None and domain.catch_all_account_id is None:
        domains.set_catch_all(db, domain.id, admin)


def _add_letters(
    db: sqlite3.Connection, ids: arrivals.MessageIds, letters: list[Letter], admin: int
) -> tuple[int, int, int]:
    """(added, there already, gone to the admin)"""
    added = there = to_admin = 0
    for letter in letters:
        reached = _reached(db, letter.recipient, admin)
        done = _add_letter(db, ids, letter, reached)
        added, there = added + done, there + (not done)
        to_admin += done and admin in reached
    return added, there, to_admin


def _reached(db: sqlite3.Connection, recipient: str, admin: int) -> dict[int, list[str]]:
    """Accounts and the addresses that reach them; what reaches nobody reaches the admin."""
    reached: dict[int, list[str]] = defaultdict(list)
    for each in recipient.split(",")[:100]:
        folded = addresses_.fold(each.strip())[:320]
        local, domain = addresses_.split(folded)
        for account_id in addresses.route(db, local, addresses_.strip_tag(local), domain) or (admin,):
            if folded not in reached[account_id]:
                reached[account_id].append(folded)
    return reached


def _add_letter(
    db: sqlite3.Connection, ids: arrivals.MessageIds, letter: Letter, reached: dict[int, list[str]]
) -> bool:
    now = _now_ms()
    when = min(date_ms(letter.timestamp) or now, now)
    data, message_id = restored(
        key=str(letter.id),
        from_=next(iter(addresses_.parse_addresses(letter.sender[:1000])), Person("", "")),
        to=[each.strip() for each in letter.recipient.split(",")[:100]],
        subject=letter.subject,
        body=letter.body,
        html=letter.body_type.lower().startswith("text/html"),
        when_s=when / 1000,
    )
    known = arrivals.reference_hash(message_id)
    wanted = [account for account in reached if not references.known(db, [(account, known)])]
    if not wanted:
        return False
    message, terms = understand(MemoryContent(data))
    copies = [arrivals.Copy(account, tuple(reached[account]), b"") for account in wanted]
    arrival = arrival_of("", len(data), data, message, terms, copies)
    delivered = arrivals.add(db, ids, arrival, max(when, 0))
    threads.set_in_order(db, [one.message_id for one in delivered])
    if letter.seen:
        for one in delivered:
            filings.set_seen(db, one.account_id, [one.message_id], True)
    return True


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

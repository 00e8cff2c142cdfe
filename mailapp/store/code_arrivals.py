"""Codes as they arrive, with everybody their messages came for."""

import sqlite3

from mailapp.mail.addressees import without_tag
from mailapp.store import codes, messages, reach
from mailapp.store.codes import StoredCode
from mailapp.values import dataclass

AT_ONCE = 50
"""Codes of one look; of more the newest."""


@dataclass(frozen=True, slots=True)
class CodeArrival:
    """A code, and the folded addresses it is asked for by."""

    code: StoredCode
    addressees: tuple[str, ...]
    """The envelope's recipients."""
    names: frozenset[str]
    """They and those of the header, with their tags and without."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came after a message."""

    found: tuple[CodeArrival, ...]
    """Newest first."""
    upto: int
    """The newest message there was: whoever asks again asks for what came after it."""


def since(db: sqlite3.Connection, account_id: int, after: int) -> Arrivals:
    """The account's codes above the message id `after`, in one snapshot; no trash, no junk."""
    newest = latest(db)
    if newest <= after:
        return Arrivals((), newest)
    found = [each for each in codes.newest(db, account_id, None, AT_ONCE) if each.message_id > after]
    return Arrivals(tuple(one for each in found if (one := _arrival(db, account_id, each))), newest)


def latest(db: sqlite3.Connection) -> int:
    """The newest message of all accounts; ids only rise."""
    return int(db.execute("SELECT max(id) FROM messages").fetchone()[0] or 0)


def version(db: sqlite3.Connection) -> int:
    """A number that changes when somebody else wrote."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])


def _arrival(db: sqlite3.Connection, account_id: int, code: StoredCode) -> CodeArrival | None:
    stored = messages.get(db, account_id, code.message_id)
    if stored is None:
        return None
    named = {*stored.addressees, *reach.recipients(db, stored)}
    return CodeArrival(code, stored.addressees, frozenset(named | {without_tag(each) for each in named}))

"""What happened at the SMTP entrance lately: written many at a time, bounded in rows and bytes, never for ever."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence

from mailapp.mail.address import fold, split, strip_tag
from mailapp.mail.transaction import BROKEN, DEFERRED, NOTHING, REFUSED, TAKEN, UNKNOWN
from mailapp.store import addresses, domains
from mailapp.values import dataclass

MIB = 1 << 20
DAYS = 14
"""Days something can be asked about."""
DAY_MS = 86_400_000
ROW_BYTES = 120
"""What a row takes beside its texts, indexes included."""
LIMITS: Mapping[str, tuple[int, int]] = {
    TAKEN: (100_000, 40 * MIB),
    **dict.fromkeys((DEFERRED, REFUSED, UNKNOWN, BROKEN, NOTHING), (20000, 8 * MIB)),
}
"""Rows and bytes of each outcome: a flood of one kind pushes out older ones of that kind alone."""
DROPPED_AT_ONCE = 500
REFUSED_HELD = 2_000
REFUSED_SPARE = 200
"""Addresses more than REFUSED_HELD from which some are forgotten, those asked for once first."""


@dataclass(slots=True)
class Entry:
    """A transaction on its way into the log. Not frozen: that would double what making one costs."""

    id: int
    began_ms: int
    last_ms: int
    times: int
    outcome: str
    peer: str
    helo: str
    tls: str
    reverse_path: str | None
    recipients: Sequence[tuple[str, str, tuple[int, ...]]]
    """(address, reply or "", accounts it reaches)."""
    recipient_count: int
    reply: str
    reference: str
    size: int
    steps: str
    """Tenths of a ms, in the order of mail.transaction.STEPS, "-" for those not taken."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """More of the same as an entry that was written."""

    id: int
    last_ms: int
    times: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An address that was asked for in vain, so many times since it was last told."""

    address: str
    """Folded."""
    times: int
    last_ms: int
    reverse_path: str
    peer: str


def latest(db: sqlite3.Connection) -> int:
    """The highest id, 0 where there is none."""
    return int(db.execute("SELECT ifnull(max(id), 0) FROM smtp_transactions").fetchone()[0])


def add(
    db: sqlite3.Connection, entries: Sequence[Entry], repeats: Sequence[Repeat], refusals: Sequence[Refusal]
) -> None:
    """Write what happened since the last time, and forget what is beyond the limits."""
    owners: dict[str, tuple[int, ...]] = {}
    held, sizes = Counter[str](), Counter[str]()
    rows, concerned = [], []
    for one in entries:
        known = [
            (address, reply, ids or _owners(db, owners, address, taken=not reply))
            for address, reply, ids in one.recipients
        ]
        accounts = sorted({each for _, _, ids in known for each in ids})
        lines = "\n".join(f"{address}\t{reply}\t{','.join(map(str, ids))}" for address, reply, ids in known)
        named = " ".join(map(str, accounts))
        texts = (one.outcome, one.peer, one.helo, one.tls, one.reverse_path, lines, one.recipient_count, named)
        said = "".join((one.peer, one.helo, one.tls, lines, one.reply, one.reverse_path or ""))
        size = ROW_BYTES + 12 * len(accounts) + (len(said) if said.isascii() else len(said.encode()))
        rest = (one.reply, one.reference, one.size, one.steps, size)
        rows.append((one.id, one.began_ms, one.last_ms, one.times, *texts, *rest))
        concerned += [(account_id, one.id) for account_id in accounts]
        held[one.outcome] += 1
        sizes[one.outcome] += size
    db.executemany(
        "INSERT INTO smtp_transactions (id, began_at, last_at, times, outcome, peer, helo, tls, reverse_path,"
        " recipients, recipient_count, accounts, reply, reference, size, steps, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    db.executemany("INSERT INTO smtp_transaction_accounts (account_id, transaction_id) VALUES (?, ?)", concerned)
    db.executemany(
        "UPDATE smtp_transactions SET times = times + ?, last_at = ? WHERE id = ?",
        [(one.times, one.last_ms, one.id) for one in repeats],
    )
    _resize(db, held, sizes)
    _refuse(db, refusals)
    for outcome in held:
        _fit(db, outcome)


def _owners(db: sqlite3.Connection, known: dict[str, tuple[int, ...]], address: str, *, taken: bool) -> tuple[int, ...]:
    """Accounts an address reaches; where it was refused, those whose address it is all the same: it is blocked."""
    found = known.get(address)
    if found is None:
        folded = fold(address)
        local, domain = split(folded)
        found = addresses.routed(db, local, strip_tag(local), domain).accounts if taken else ()
        for each in dict.fromkeys((folded, f"{strip_tag(local)}@{domain}")):
            found = found or addresses.owners(db, each)
        known[address] = found
    return found


def _resize(db: sqlite3.Connection, held: Counter[str], sizes: Counter[str]) -> None:
    db.executemany(
        "INSERT INTO smtp_transaction_sizes (outcome, held, bytes) VALUES (?, ?, ?) ON CONFLICT (outcome)"
        " DO UPDATE SET held = held + excluded.held, bytes = bytes + excluded.bytes",
        [(outcome, held[outcome], sizes[outcome]) for outcome in held],
    )


def _fit(db: sqlite3.Connection, outcome: str) -> None:
    """Forget the oldest of an outcome until the others fit."""
    most, most_bytes = LIMITS[outcome]
    while True:
        held, size = db.execute(
            "SELECT held, bytes FROM smtp_transaction_sizes WHERE outcome = ?", (outcome,)
        ).fetchone()
        if held <= most and size <= most_bytes:
            return
        rows = db.execute(
            "SELECT id, accounts, bytes FROM smtp_transactions WHERE outcome = ? ORDER BY id LIMIT ?",
            (outcome, DROPPED_AT_ONCE),
        ).fetchall()
        gone = []
        for row in rows:
            if held <= most and size <= most_bytes:
                break
            gone.append(row)
            held, size = held - 1, size - row[2]
        _drop(db, outcome, gone)
        if not gone:
            return


def _drop(db: sqlite3.Connection, outcome: str, rows: Sequence[tuple[int, str, int]]) -> None:
    """Forget rows of (id, accounts, bytes)."""
    pairs = [(int(account), id_) for id_, accounts, _ in rows for account in accounts.split()]
    db.executemany("DELETE FROM smtp_transaction_accounts WHERE account_id = ? AND transaction_id = ?", pairs)
    db.executemany("DELETE FROM smtp_transactions WHERE id = ?", [(row[0],) for row in rows])
    _resize(db, Counter({outcome: -len(rows)}), Counter({outcome: -sum(row[2] for row in rows)}))


def prune(db: sqlite3.Connection, now_ms: int) -> int:
    """Forget what happened more than DAYS ago, some of it; return how much went."""
    before, gone = now_ms - DAYS * DAY_MS, 0
    for outcome in LIMITS:
        rows = db.execute(
            "SELECT id, accounts, bytes FROM smtp_transactions WHERE outcome = ? AND id < ? AND last_at < ?"
            " ORDER BY id LIMIT ?",
            (outcome, before << 12, before, DROPPED_AT_ONCE),
        ).fetchall()
        _drop(db, outcome, rows)
        gone += len(rows)
    return gone + db.execute("DELETE FROM refused_addresses WHERE last_at < ?", (before,)).rowcount


def _refuse(db: sqlite3.Connection, refusals: Sequence[Refusal]) -> None:
    """Count addresses of our domains that nobody made; a blocked one is refused because somebody wanted that."""
    ours: dict[str, bool] = {}
    told = []
    for one in refusals:
        domain = one.address.rpartition("@")[2]
        if domain not in ours:
            found = domains.by_name(db, domain)
            ours[domain] = found is not None
        if ours[domain] and not addresses.exists(db, one.address):
            told.append((one.address, one.times, one.last_ms, one.last_ms, one.reverse_path, one.peer))
    db.executemany(
        "INSERT INTO refused_addresses (address, times, first_at, last_at, reverse_path, peer)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET times = times + excluded.times,"
        " last_at = excluded.last_at, reverse_path = excluded.reverse_path, peer = excluded.peer",
        told,
    )
    if told:
        held = db.execute("SELECT count(*) FROM refused_addresses").fetchone()[0]  # bounded by what follows
        if held > REFUSED_HELD + REFUSED_SPARE:
            db.execute(
                "DELETE FROM refused_addresses WHERE address IN (SELECT address FROM refused_addresses"
                " ORDER BY min(times, 5), last_at LIMIT ?)",
                (held - REFUSED_HELD,),
            )


def forget_refused(db: sqlite3.Connection, address: str) -> bool:
    """An address is made, or is not to be told of any more; False where nobody had asked for it."""
    return db.execute("DELETE FROM refused_addresses WHERE address = ?", (address,)).rowcount > 0

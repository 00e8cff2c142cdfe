"""Walking through the ids a search finds, in one direction, window by window, until the time is over."""

import sqlite3
from collections.abc import Generator, Iterator

from mailapp.mail.query_tree import All, Any, In, Is, Not, Part, Text
from mailapp.store import search_letters, search_reach, search_rows
from mailapp.store.search_letters import Letters
from mailapp.store.search_lists import has_index, list_of
from mailapp.store.search_reach import Deadline, Stretch
from mailapp.store.search_rows import Table
from mailapp.store.search_terms import DRAFT, NEW, OLD, Branch, Value, condition, expression, hint_of, is_read
from mailapp.store.vocabulary import Vocabulary
from mailapp.values import dataclass

HIDDEN = ("trash", "junk")
WINDOW = 30_000
"""Messages of the first window."""
SMALL = 60_000
"""An account of so many is looked at in one."""
FEW = 400
"""A list of so few is walked through by itself, and each of its messages asked of the full text (0.1 ms each)..."""
FEW_OF = 100
"""...where the account holds so many times more."""
ROWS, READ = 500, 4
"""Rows of a plain list between two looks at the clock; where they are read for their words, the largest of them take
some milliseconds each."""

LETTERS, LETTER = 50, 4_096
"""Letters kept that were read, and characters of the longest."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The account, and what of it is left out."""

    account_id: int
    hidden: tuple[int, ...]
    """Mailboxes left out that hold something."""
    totals: dict[int, tuple[int, int]]
    """(messages, unread ones) per mailbox."""

    @property
    def total(self) -> int:
        return sum(one[0] for one in self.totals.values())

    @property
    def rows(self) -> str:
        """Condition on a message m."""
        return "".join(f" AND m.mailbox_id <> {one}" for one in self.hidden)

    def hits(self, table: Table) -> str:
        """Condition on a full-text row s: asks a small index, the wide rows stay unread."""
        return "".join(
            " AND NOT EXISTS (SELECT 1 FROM messages h INDEXED BY messages_by_mailbox"
            f" WHERE h.mailbox_id = {one} AND h.id = {table.id})"
            for one in self.hidden
        )


def scope_of(db: sqlite3.Connection, account_id: int, part: Part) -> Scope:
    """Trash and junk are left out, unless the search asks for one of them or for anywhere."""
    rows = db.execute("SELECT id, role, total, unread FROM mailboxes WHERE account_id = ?", (account_id,)).fetchall()
    apart = {row[0] for row in rows if row[1] in HIDDEN}
    named = places_named(part)
    hidden = () if None in named or apart & named else tuple(row[0] for row in rows if row[0] in apart and row[2])
    return Scope(account_id, hidden, {row[0]: (row[2], row[3]) for row in rows})


class Scan:
    """One walk: from `edge` (left out) to older ids, or to newer ones."""

    def __init__(self, db: sqlite3.Connection, scope: Scope, edge: int, deadline: Deadline) -> None:
        self._db = db
        self._scope = scope
        self._edge = edge
        self._deadline = deadline
        self._vocabulary = Vocabulary(db)
        self._expand = self._vocabulary.beginning_with
        self.stopped = 0
        """Where it stopped for lack of time: everything on the near side of this id was looked at. 0: it did not."""
        self.letters: dict[int, str] = {}
        """Kept words of letters that were read, of the first hits that are short."""

    @property
    def cut(self) -> set[str]:
        """Beginnings of more words than were looked for."""
        return self._vocabulary.cut

    def drafts(self, part: Part, descending: bool) -> Iterator[int]:
        """Drafts: few, and read one by one."""
        values: list[Value] = [self._scope.account_id, self._edge]
        found = self._db.execute(
            "SELECT m.id FROM drafts d CROSS JOIN messages m ON m.id = d.message_id"
            f" WHERE d.account_id = ? AND m.id {'<' if descending else '>'} ?{self._scope.rows}"
            f" AND ({condition(part, DRAFT, values, self._expand)}) ORDER BY m.id {'DESC' if descending else ''}",
            values,
        )
        return (row[0] for row in found)

    def branch(self, branch: Branch, kind: str, low: int, high: int, descending: bool) -> list[Iterator[int]]:
        """Messages all of a branch holds for, in streams to be merged."""
        low, high = max(low, branch.low), min(high, branch.high)
        low, high = (low, min(high, self._edge)) if descending else (max(low, self._edge + 1), high)
        if low >= high:
            return []
        hints = [hint for hint in (hint_of(part, kind) for part in branch.rest) if hint]
        driver = self._driver(branch.rest)
        if not branch.full_text and not hints:
            return [self._list(branch.rest, kind, low, high, driver, descending)]
        few = driver is not None and self._estimate(driver)
        if few is not False and few <= FEW and few * FEW_OF < self._scope.total:
            return [self._list([*branch.rest, *branch.full_text], kind, low, high, driver, descending)]
        return [
            self._full_text(table, branch, hints, kind, low, high, descending)
            for table in (search_rows.DENSE, search_rows.BY_ID)
        ]

    def everything(self, part: Part, kind: str, low: int, high: int, descending: bool) -> Iterator[int]:
        """Every message asked for the whole part, where it has too many ways to be answered."""
        low, high = (low, min(high, self._edge)) if descending else (max(low, self._edge + 1), high)
        return self._list([part], kind, low, high, None, descending)

    # ---- full text

    def _asked(self, table: Table, branch: Branch, hints: list[str]) -> str:
        named = table is not search_rows.DENSE
        asked = (
            []
            if hints and not branch.full_text and not named
            else [expression(branch.full_text, self._scope.account_id, self._expand, named=named)]
        )
        return " AND ".join(f"({one})" for one in (*asked, *hints))

    def _full_text(
        self, table: Table, branch: Branch, hints: list[str], kind: str, low: int, high: int, descending: bool
    ) -> Iterator[int]:
        text = self._asked(table, branch, hints)
        values: list[Value] = [self._scope.account_id] if table.also else []
        conditions = "".join(f" AND ({self._hit_condition(part, table, values)})" for part in branch.rest)
        wide = f" CROSS JOIN messages m ON m.id = {table.id}" if " m." in conditions or "(m." in conditions else ""
        order = "DESC" if descending else "ASC"
        sql = (
            f"SELECT {table.id} FROM {table.name} s{table.joined}{wide}"
            f" WHERE s.{table.name} MATCH ? AND s.rowid >= ? AND s.rowid < ?{table.also}"
            f"{self._scope.hits(table)}{conditions} ORDER BY s.rowid {order}"
        )
        looked, letters = False, None
        for stretch in self._pieces(table, branch, low, high, descending):
            if looked and self._deadline.passed:
                edge = stretch.high if descending else stretch.low
                self._stop(self._looked_at(table, edge, descending), descending)
                return
            looked = True
            if stretch.rows is not None:
                parts = [*branch.full_text, *branch.rest]
                letters = letters or search_letters.asked(parts, kind, self._scope.rows, self._expand)
                if not (yield from self._read(letters, stretch.rows, descending)):
                    return
                continue
            for (message_id,) in self._db.execute(sql, (text, stretch.low, stretch.high, *values)):
                yield message_id

    def _read(self, letters: Letters, rows: tuple[int, ...], descending: bool) -> Generator[int, None, bool]:
        """Those of numbered messages that are hits; whether there was time for all. One is always read."""
        ordered = rows[::-1] if descending else rows
        step = READ if letters.slow else len(ordered)
        for at in range(0, len(ordered), step):
            first = at == 0
            for number, message_id, *columns in letters.of(self._db, ordered[at : at + step]):
                if not first and self._deadline.passed:
                    return self._stop_at(number, descending)
                first = False
                if letters.held_by(columns):
                    if len(self.letters) < LETTERS and len(columns[2]) <= LETTER:
                        self.letters[message_id] = columns[2]
                    yield message_id
            if at + step < len(ordered) and self._deadline.passed:
                return self._stop_at(ordered[at + step], descending)
        return True

    def _stop_at(self, number: int, descending: bool) -> bool:
        """Stop before a numbered message that was not looked at; False."""
        edge = number + 1 if descending else number
        self._stop(self._looked_at(search_rows.DENSE, edge, descending), descending)
        return False

    def _hit_condition(self, part: Part, table: Table, values: list[Value]) -> str:
        """A part as a condition on a full-text row s: small indexes where there is one, else the message m."""
        if isinstance(part, Not):
            return f"NOT ({self._hit_condition(part.part, table, values)})"
        if isinstance(part, Text):  # people of old mail
            return condition(part, OLD, values, self._expand)
        if not has_index(part):
            return condition(part, NEW, values, self._expand)
        listed, column, first = list_of(part, self._scope.account_id)
        values += first
        return f"EXISTS (SELECT {listed} AND {column} = {table.id})"

    def _pieces(self, table: Table, branch: Branch, low: int, high: int, descending: bool) -> Iterator[Stretch]:
        """The rows of messages in [low, high) that may be hits, in pieces between which the clock is looked at."""
        low, high, length = self._rows(table, low, high)
        if table is search_rows.DENSE:
            found = search_reach.stretches(self._db, self._scope.account_id, branch.full_text, low, high)
        else:
            found = [Stretch(low, high)] if low < high else []
        step = max(1, length // max(self._scope.total, 1)) * WINDOW
        for stretch in reversed(found) if descending else found:
            if stretch.rows is not None or self._scope.total <= SMALL:
                yield stretch
            else:
                yield from search_reach.windows(stretch, step, descending, lambda: self._deadline.left)

    def _rows(self, table: Table, low: int, high: int) -> tuple[int, int, int]:
        """(first, end, length of all) of the rows of messages in [low, high)."""
        account_id = self._scope.account_id
        if table is search_rows.DENSE:
            first, end = search_rows.ends(self._db, account_id)
            low, high = (search_rows.first_from(self._db, account_id, one) for one in (low, high))
            return low, high, end - first
        first, last = search_rows.ids_by_id(self._db, account_id)
        return max(low, first), min(high, last + 1), last - first

    def _looked_at(self, table: Table, row: int, descending: bool) -> int:
        """The last id of all that were looked at, where that came as far as the edge of a row."""
        if table is search_rows.DENSE:
            return search_rows.id_from(self._db, row) if descending else search_rows.id_before(self._db, row)
        return row if descending else row - 1

    def _stop(self, at: int, descending: bool) -> None:
        if not self.stopped:
            self.stopped = at
        else:
            self.stopped = max(self.stopped, at) if descending else min(self.stopped, at)

    # ---- plain lists

    def _list(
        self, parts: list[Part], kind: str, low: int, high: int, driver: Part | None, descending: bool
    ) -> Iterator[int]:
        """Messages by the index that suits `driver`, in pieces between which the clock is looked at."""
        table, column, first = list_of(driver, self._scope.account_id)
        values: list[Value] = []
        conditions = " AND ".join([f"({condition(part, kind, values, self._expand)})" for part in parts]) or "1"
        order = "DESC" if descending else "ASC"
        rows = READ if any(map(is_read, parts)) else ROWS
        piece = f"SELECT {table} AND {column} >= ? AND {column} < ? ORDER BY id {order} LIMIT {rows}"
        edge = f"SELECT {'min' if descending else 'max'}(id), count(*) FROM ({piece})"
        hits = (
            f"SELECT c.id FROM ({piece}) c CROSS JOIN messages m ON m.id = c.id"
            f" WHERE m.account_id = ? AND m.draft = 0{self._scope.rows} AND {conditions} ORDER BY c.id {order}"
        )
        while low < high:
            at, seen = self._db.execute(edge, (*first, low, high)).fetchone()
            for (message_id,) in self._db.execute(hits, (*first, low, high, self._scope.account_id, *values)):
                yield message_id
            if seen < rows:
                return
            low, high = (low, at) if descending else (at + 1, high)
            if self._deadline.passed:
                self._stop(at, descending)
                return

    def _driver(self, parts: list[Part]) -> Part | None:
        """The part with an index of its own that holds fewest."""
        sizes = [(self._estimate(part), number) for number, part in enumerate(parts) if has_index(part)]
        return parts[min(sizes)[1]] if sizes else None

    def _estimate(self, part: Part) -> int:
        """How many messages a list holds, as far as it matters."""
        if isinstance(part, In):
            return self._scope.totals.get(part.mailbox_id or 0, (0, 0))[0]
        if isinstance(part, Is) and part.state == "unread":
            return sum(one[1] for one in self._scope.totals.values())
        table, _, first = list_of(part, self._scope.account_id)
        row = self._db.execute(f"SELECT count(*) FROM (SELECT {table} LIMIT {FEW + 1})", first).fetchone()
        return int(row[0])


def places_named(part: Part) -> set[int | None]:
    """Mailboxes a search asks for (None: anywhere); those it excludes do not count."""
    if isinstance(part, In):
        return {part.mailbox_id}
    return set().union(*map(places_named, part.parts)) if isinstance(part, All | Any) else set()

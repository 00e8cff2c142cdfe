"""What a reader does with a code: uses it, or says that it is another one, or none."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace

from mailapp.events import Bus, Changed
from mailapp.flow.code_finding import CodeFinding, sender_of
from mailapp.mail.code import Code, Codes, Kind
from mailapp.mail.code_rules import Rule, learn
from mailapp.mail.parser import parse
from mailapp.store import code_rules, codes, messages
from mailapp.store.codes import StoredCode
from mailapp.store.contents import StoredContent
from mailapp.store.database import Database


class CodeUsing:
    """One per process."""

    def __init__(
        self, database: Database, bus: Bus, finding: CodeFinding, clock: Callable[[], float] = time.time
    ) -> None:
        """`finding` is what deliveries go by: it forgets what it knew once something is learned."""
        self._database = database
        self._bus = bus
        self._finding = finding
        self._clock = clock

    async def use(self, account_id: int, message_id: int, *, used: bool) -> bool:
        """Mark a code used, or not used after all; whether that changed anything."""
        at = int(self._clock() * 1000) if used else None
        seq = await self._database.write(codes.mark_used, account_id, message_id, at)
        return self._told(account_id, message_id, seq)

    async def correct(self, account_id: int, message_id: int, value: str) -> None:
        """The reader says which of the runners-up it is, or with "" that there is none; its sender's next mail is read
        by that. Raises LookupError where the account has no such code or the code no such runner-up."""
        rules = await self._database.read(_lessons, account_id, message_id, value)
        now_ms = int(self._clock() * 1000)
        seq = await self._database.write(_correct, account_id, message_id, value, rules, now_ms)
        self._finding.forget()
        self._told(account_id, message_id, seq)

    async def take_back(self, account_id: int, message_id: int) -> None:
        """What the reader said is no code is one after all, and the lesson is forgotten. Raises LookupError where
        nothing of the account was dismissed there."""
        rules = await self._database.read(_unlearned, account_id, message_id)
        seq = await self._database.write(_take_back, account_id, message_id, rules)
        self._finding.forget()
        self._told(account_id, message_id, seq)

    def _told(self, account_id: int, message_id: int, seq: int) -> bool:
        if seq:
            self._bus.publish(Changed(account_id, seq, (message_id,)))
        return bool(seq)


def _held(db: sqlite3.Connection, account_id: int, message_id: int, value: str) -> StoredCode:
    held = codes.of_message(db, account_id, message_id)
    if held is None:
        raise LookupError(message_id)
    if value and value not in {each.value for each in held.alternatives if each.kind is Kind.CODE}:
        raise LookupError(value)
    return held


def _lessons(db: sqlite3.Connection, account_id: int, message_id: int, value: str) -> list[Rule]:
    """What the correction teaches: where the code stands, and that what was taken for it is none."""
    held = _held(db, account_id, message_id, value)
    wanted = [(held.value, True)] if held.kind is Kind.CODE else []
    wanted += [(value, False)] if value else []
    return _learned(db, account_id, message_id, wanted)


def _unlearned(db: sqlite3.Connection, account_id: int, message_id: int) -> list[Rule]:
    """What saying that there is no code taught."""
    found = codes.dismissed(db, account_id, message_id)
    if found is None:
        raise LookupError(message_id)
    kind, value = found
    return _learned(db, account_id, message_id, [(value, True)] if kind is Kind.CODE else [])


def _learned(db: sqlite3.Connection, account_id: int, message_id: int, wanted: list[tuple[str, bool]]) -> list[Rule]:
    """The rules of (value, whether it is none) in a message."""
    stored = messages.get(db, account_id, message_id)
    if stored is None:
        raise LookupError(message_id)
    message = parse(StoredContent(db, stored.content_id))
    sender = sender_of(message)
    learned = [
        learn(message.subject, message.text, sender, each, nothing, lambda: message.html)
        for each, nothing in wanted
        if sender
    ]
    return [each for each in learned if each is not None]


def _correct(
    db: sqlite3.Connection, account_id: int, message_id: int, value: str, rules: list[Rule], now_ms: int
) -> int:
    held = _held(db, account_id, message_id, value)
    for each in rules:
        code_rules.add(db, account_id, each, now_ms)
    if not value:
        return codes.dismiss(db, account_id, message_id, now_ms)
    return codes.replace(db, account_id, message_id, _with(held, value))


def _take_back(db: sqlite3.Connection, account_id: int, message_id: int, rules: list[Rule]) -> int:
    seq = codes.take_back(db, account_id, message_id)
    for each in rules if seq else ():
        code_rules.remove(db, account_id, each)
    return seq


def _with(held: StoredCode, value: str) -> Codes:
    """What the message offers once `value` is its code; the one it replaces becomes a runner-up."""
    seconds = None if held.valid_until is None else (held.valid_until - held.received_ms) // 1000
    best = Code(value, Kind.CODE, "", 0, 0, 1.0, seconds, held.origin)
    link = Code(held.link, Kind.LINK, "", 0, 0, held.confidence) if held.link else None
    old = replace(best, value=held.value, kind=held.kind, confidence=held.confidence)
    others = [replace(best, value=each.value, kind=each.kind) for each in held.alternatives if each.value != value]
    return Codes(best, link, (old, *others))

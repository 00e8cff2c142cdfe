"""Posting: a whole message from a program, submitted as any draft is, and once only under one key."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from mailapp.flow.attaching import DraftRefused
from mailapp.flow.drafting import AlreadySubmitted, Drafting
from mailapp.flow.submission import Submission, SubmissionRefused, Submitted
from mailapp.mail.draft import Draft
from mailapp.store import drafts, submission_keys
from mailapp.store.accounts import Account
from mailapp.store.database import Database
from mailapp.store.submission_keys import KeyReused, TooManyKeys
from mailapp.values import dataclass

__all__ = ["File", "KeyReused", "Posting", "PostingUnderWay", "TooManyKeys"]

LONGEST_KEY = 255
"""Characters of a client's key."""


class PostingUnderWay(Exception):
    """The same key is being submitted right now."""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment."""

    name: str
    content_type: str
    data: bytes


class Posting:
    """Submits what programs send. One per process, on the event loop."""

    def __init__(
        self, database: Database, drafting: Drafting, submission: Submission, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._drafting = drafting
        self._submission = submission
        self._clock = clock
        self._under_way: set[tuple[int, bytes]] = set()

    async def post(
        self, account: Account, draft: Draft, files: Sequence[File], key: str = "", request: bytes = b""
    ) -> Submitted:
        """Accept a message; on disk when this returns, and on its way at once: programs do not undo.

        `key` names it for a day: the same key with the same `request` (what was asked for, as bytes) gives what it
        became, and sends nothing twice, after a crash neither.

        Raises SubmissionRefused, DraftRefused, DraftTooLarge, KeyReused, TooManyKeys, PostingUnderWay, StoreError,
        LookupError where the account is gone.
        """
        account = replace(account, undo_send_s=0)
        random = secrets.token_hex(16)
        if not key:
            return await self._post(account, f"api-{random}", draft, files)
        key_hash, request_hash = _digest(key.encode()), _digest(request)
        place = account.id, key_hash
        if place in self._under_way:
            raise PostingUnderWay
        self._under_way.add(place)
        try:
            draft_key = await self._database.write(
                submission_keys.take, account.id, key_hash, request_hash, f"api-{random}", int(self._clock() * 1000)
            )
            try:
                return await self._post(account, draft_key, draft, files)
            except (SubmissionRefused, DraftRefused):
                # of anything else nobody knows what it became: the key goes on standing for it
                await self._database.write(submission_keys.release, account.id, key_hash)
                raise
        finally:
            self._under_way.discard(place)

    async def _post(self, account: Account, key: str, draft: Draft, files: Sequence[File]) -> Submitted:
        try:
            saved = await self._drafting.save(account.id, key, draft, None)
        except AlreadySubmitted as before:
            return before.submitted
        try:
            await self._attach(account.id, saved.draft_id, files)
            return await asyncio.shield(self._submission.submit(account, saved.draft_id, 0))
        except BaseException:
            # refused, or its client went away: nothing of it stays in Drafts (a submitted one is none any more)
            await asyncio.shield(self._drafting.discard(account.id, saved.draft_id))
            raise

    async def _attach(self, account_id: int, draft_id: int, files: Sequence[File]) -> None:
        stored = await self._database.read(drafts.get, account_id, draft_id)
        for left in stored.attachments if stored else ():  # of a try that a crash ended
            await self._drafting.detach(account_id, draft_id, left.id)
        for file in files:
            size = len(file.data)
            await self._drafting.attach(
                account_id, draft_id, file.name, file.content_type, _pieces(file.data), expected=size
            )


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 262_144):
        yield data[start : start + 262_144]


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()

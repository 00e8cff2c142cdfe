"""Searches an account keeps."""

import time

from mailapp.store import saved_searches
from mailapp.store.database import Database
from mailapp.store.saved_searches import SavedSearch

NAME_LONGEST = 60
QUERY_LONGEST = 500


async def save(database: Database, account_id: int, name: str, query: str) -> int:
    """Keep a search under a name; its id. Raises ValueError for nothing, NameTaken, TooMany."""
    name, query = name.strip()[:NAME_LONGEST], query.strip()[:QUERY_LONGEST]
    if not name or not query:
        raise ValueError(name)
    now_ms = time.time_ns() // 1_000_000
    return await database.write(saved_searches.add, account_id, name, query, now_ms)


async def rename(database: Database, account_id: int, search_id: int, name: str) -> bool:
    """Whether the account has it. Raises ValueError for no name, NameTaken."""
    name = name.strip()[:NAME_LONGEST]
    if not name:
        raise ValueError(name)
    return await database.write(saved_searches.rename, account_id, search_id, name)


async def remove(database: Database, account_id: int, search_id: int) -> SavedSearch | None:
    """The search that was removed, None where the account had no such one."""
    return await database.write(saved_searches.remove, account_id, search_id)

"""What the API is given by app.py, and how a view reaches it."""

import time
from collections.abc import Callable
from dataclasses import field
from typing import cast

from quart import current_app

from mailapp.api.shapes import LONGEST_WAIT_S
from mailapp.api.waiting import Waiting
from mailapp.config import Config
from mailapp.events import Bus
from mailapp.flow.filing import Filing
from mailapp.flow.posting import Posting
from mailapp.flow.tokens import Tokens
from mailapp.store.database import Database
from mailapp.values import dataclass

EXTENSION = "mailapp"
STREAM_S = 3_600.0
"""Seconds after which a stream ends, for its client to come back with Last-Event-ID."""


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Everything the API works with."""

    config: Config
    database: Database
    bus: Bus
    filing: Filing
    tokens: Tokens
    posting: Posting
    clock: Callable[[], float] = time.time
    """Seconds since 1970 UTC."""
    longest_wait_s: float = LONGEST_WAIT_S
    """No call is held open for longer."""
    stream_s: float = STREAM_S


@dataclass(slots=True)
class Held:
    """The context and what the API keeps in memory beside it."""

    context: ApiContext
    waiting: Waiting
    streams: dict[int, int] = field(default_factory=dict)
    """Open streams by token."""
    large: set[int] = field(default_factory=set)
    """Accounts of which a large body is being read."""


def held() -> Held:
    return cast(Held, current_app.extensions[EXTENSION])


def context() -> ApiContext:
    """The context of the request at hand."""
    return held().context

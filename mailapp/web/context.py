"""What the pages are given by app.py, and how a view reaches it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, cast

from quart import current_app

from mailapp.config import Config
from mailapp.events import Bus
from mailapp.flow.accounts import Accounts
from mailapp.flow.addressing import Addressing
from mailapp.flow.all_mail import AllMail
from mailapp.flow.backing_up import Backups
from mailapp.flow.checking import Checking
from mailapp.flow.code_using import CodeUsing
from mailapp.flow.drafting import Drafting
from mailapp.flow.exporting import Exports
from mailapp.flow.filing import Filing
from mailapp.flow.import_jobs import Imports
from mailapp.flow.own_addressing import OwnAddressing
from mailapp.flow.queueing import Queueing
from mailapp.flow.receiving_log import ReceivingLog
from mailapp.flow.relaying import Relaying
from mailapp.flow.signing_in import SigningIn
from mailapp.flow.site_settings import TITLE, Settings
from mailapp.flow.submission import Submission
from mailapp.flow.tallying import Tallying
from mailapp.flow.tokens import Tokens
from mailapp.flow.unsubscribing import Unsubscribing
from mailapp.flow.viewing import Viewing
from mailapp.store.database import Database
from mailapp.values import dataclass
from mailapp.web.admin_steps import SecondSteps
from mailapp.web.feed import Feed
from mailapp.web.letters import Letters
from mailapp.web.overtaking import Overtaking
from mailapp.web.pages import Pages
from mailapp.web.proxies import TrustedProxies
from mailapp.web.streams import Places
from mailapp.web.turns import Turns

EXTENSION = "mailapp"
DEFAULT_TITLE = TITLE


@dataclass(frozen=True, slots=True)
class WebContext:
    """Everything the web entrance works with."""

    config: Config
    database: Database
    bus: Bus
    filing: Filing
    signing_in: SigningIn
    drafting: Drafting
    submission: Submission
    queueing: Queueing
    relaying: Relaying
    unsubscribing: Unsubscribing
    codes: CodeUsing
    tokens: Tokens
    viewing: Viewing
    accounts: Accounts
    addressing: Addressing
    tallying: Tallying
    backups: Backups
    settings: Settings
    imports: Imports
    receiving: ReceivingLog
    checking: Checking
    own_addressing: OwnAddressing
    health: Callable[[], Sequence[str]] = lambda: ()
    """What is wrong right now, one short English line each; empty when all is well."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970 UTC."""
    api_document: Callable[[], Mapping[str, Any]] = dict
    """The OpenAPI document of the API beside the pages."""


@dataclass(slots=True)
class Site:
    """The context and what the site keeps in memory beside it."""

    context: WebContext
    pages: Pages
    feed: Feed = field(default_factory=Feed)
    places: Places = field(default_factory=Places)
    view_places: Places = field(default_factory=Places)
    """Open streams of each view link."""
    letters: Letters = field(default_factory=Letters)
    turns: Turns = field(default_factory=Turns)
    suggesting: Overtaking = field(default_factory=Overtaking)
    second_steps: SecondSteps = field(default_factory=SecondSteps)
    exports: Exports = field(default_factory=Exports)
    large_forms: Counter[int] = field(default_factory=Counter)
    """Large forms on their way, by account."""
    title: str = DEFAULT_TITLE
    """Name of the site, as the settings had it when last read."""
    logo: str = ""
    """Address of its logo, "" where it has none of its own."""
    proxies: TrustedProxies | None = None
    all_mail: AllMail = field(init=False)

    def __post_init__(self) -> None:
        self.all_mail = AllMail(self.context.database, self.context.filing, self.context.clock)


def site() -> Site:
    """The site of the request at hand."""
    return cast(Site, current_app.extensions[EXTENSION])


def context() -> WebContext:
    """The context of the request at hand."""
    return site().context

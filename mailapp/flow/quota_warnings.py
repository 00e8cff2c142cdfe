"""Who is nearly full is told by mail, once until they have made room."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from mailapp.flow.delivery import Delivery
from mailapp.flow.repeating import repeat
from mailapp.i18n import LANGUAGES, translations
from mailapp.mail.address import split
from mailapp.mail.compose import Outgoing, compose
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import PermanentFailure
from mailapp.mail.message import Person
from mailapp.mail.sizes import size_text
from mailapp.store import quotas
from mailapp.store.database import Database
from mailapp.store.quotas import NearlyFull

EVERY_S = 60.0
"""Seconds between two looks."""
AT_ONCE = 20
PROTOCOL = "LMTP"


class QuotaWarnings:
    """One per process."""

    def __init__(
        self, database: Database, delivery: Delivery, hostname: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._hostname = hostname
        self._clock = clock

    async def run(self) -> None:
        """Look now and every EVERY_S, until cancelled."""
        await repeat(self.warn, EVERY_S, "warning of full mailboxes")

    async def warn(self) -> int:
        """Tell all who are nearly full and do not know; return how many."""
        if await self._database.read(quotas.are_relieved):
            await self._database.write(quotas.relieve)
        told = 0
        while found := await self._database.read(quotas.nearly_full, AT_ONCE):
            for one in found:
                await self._tell(one)
            told += len(found)
        return told

    async def _tell(self, one: NearlyFull) -> None:
        # in the transaction that files the warning: nobody is told twice, or not at all
        unit = partial(quotas.set_warned, account_id=one.account_id)
        content = MemoryContent(b"".join(compose(self._letter(one))))
        try:
            await self._delivery.deliver(Envelope("", (one.address,), protocol=PROTOCOL), content, unit)
        except PermanentFailure:
            await self._database.write(unit)  # its own address is blocked

    def _letter(self, one: NearlyFull) -> Outgoing:
        # in the account's language; in every one we speak where it chose none
        languages = (one.language,) if one.language in LANGUAGES else LANGUAGES
        subject = translations(languages[0]).gettext("Your mailbox is nearly full")
        return Outgoing(
            from_=Person(translations(languages[0]).gettext("Mail delivery"), f"postmaster@{split(one.address)[1]}"),
            to=(Person("", one.address),),
            subject=subject,
            text="\n\n".join(_text(language, one) for language in languages),
            message_id=f"{secrets.token_hex(16)}@{self._hostname}",
            date=datetime.fromtimestamp(self._clock(), UTC),
            auto="auto-generated",
        )


def _text(language: str, one: NearlyFull) -> str:
    _ = translations(language).gettext
    said = _("Your mail takes {used} of {quota} ({percent} %).").format(
        used=size_text(one.used), quota=size_text(one.quota), percent=one.used * 100 // one.quota
    )
    then = _("When it is full, new mail is turned away; senders keep it and try again for some days.")
    cure = _("Delete large or old messages and empty the trash. “larger:10M” in the search field finds large ones.")
    return f"{said}\n{then}\n\n{cure}"

"""Once a night everything is looked over, and the admins get a mail about what changed, and only then."""

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from mailapp.flow.check_finding import RECORD, SKIPPED, Finding
from mailapp.flow.check_words import Gettext, state_of, words
from mailapp.flow.checking import Checking, Held
from mailapp.flow.delivery import Delivery
from mailapp.flow.repeating import repeat
from mailapp.i18n import LANGUAGES, translations
from mailapp.mail.compose import Outgoing, compose
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import MailFailure
from mailapp.mail.message import Person
from mailapp.store import accounts, check_results, settings
from mailapp.store.accounts import Account
from mailapp.store.database import Database
from mailapp.values import dataclass

HOUR = 4
"""The hour of the server's own time at which the run begins, some minutes into it."""
EVERY_S = 60.0
AGAIN_S = 300.0
"""After so many seconds what changed is looked at once more: a network that was away for a moment is no news."""
LAST_RUN = "checks_ran_at"


@dataclass(frozen=True, slots=True)
class Change:
    finding: Finding
    before: str
    """The state that was told last, "" where none was."""


class Nightly:
    """One per process, on the event loop."""

    def __init__(
        self,
        database: Database,
        checking: Checking,
        delivery: Delivery,
        hostname: str,
        clock: Callable[[], float] = time.time,
        again_s: float = AGAIN_S,
    ) -> None:
        self._database = database
        self._checking = checking
        self._delivery = delivery
        self._hostname = hostname
        self._clock = clock
        self._again_s = again_s

    async def run(self) -> None:
        """Look whether a night has come, until cancelled."""
        await repeat(self._look_if_due, EVERY_S, "the nightly checks", rest_first=True)

    async def _look_if_due(self) -> None:
        last = await self._database.read(settings.number, LAST_RUN, 0)
        if self.is_due(last / 1000):
            await self._database.write(settings.set_, LAST_RUN, str(int(self._clock() * 1000)))
            await self.look()

    def is_due(self, last: float) -> bool:
        """Whether it is the hour, and the last run (seconds since 1970) was not in this same night."""
        now = self._clock()
        at = time.localtime(now)
        # not all servers of the world at the same second: blocklists and resolvers are asked
        minute = sum(self._hostname.encode()) % 60
        return at.tm_hour == HOUR and at.tm_min >= minute and now - last > 12 * 3600

    async def look(self) -> list[Change]:
        """Look everything over and tell the admins what changed; what was told."""
        before = await self._checking.held()
        findings = await self._checking.look()
        if changes(findings, before):
            await asyncio.sleep(self._again_s)
            findings = settled(findings, await self._checking.look())
        await self._checking.keep(findings)
        found = changes(findings, before)
        if found:
            if (await self._checking.choices()).mails:
                await self._tell(found)
            told = [(each.finding.key, each.finding.state) for each in found]
            await self._database.write(check_results.set_told, told)
        return found

    async def _tell(self, found: Sequence[Change]) -> None:
        for account in await self._database.read(_admins):
            content = MemoryContent(letter(account, found, self._hostname, self._clock()))
            with suppress(MailFailure):  # an admin without a mailbox that takes it; the page shows it all the same
                await self._delivery.deliver(Envelope("", (account.address,), protocol="local"), content)


def _admins(db: sqlite3.Connection) -> list[Account]:
    return [each for each in accounts.all_(db) if each.is_admin and each.is_active]


def changes(findings: Sequence[Finding], before: Mapping[tuple[str, str, str], Held]) -> list[Change]:
    """What the admins were not told yet: trouble that began, or ended. What was not looked at is no news."""
    found = []
    for each in findings:
        told = before[each.key].told if each.key in before else ""
        news = each.state if each.is_trouble else ""
        was = told if told in ("warn", "bad") else ""
        if each.state != SKIPPED and news != was:
            found.append(Change(each, told))
    return found


def settled(first: Sequence[Finding], second: Sequence[Finding]) -> list[Finding]:
    """The findings of the second run, but those that said otherwise a moment ago as not looked at: they waver."""
    states = {each.key: each.state for each in first}
    return [
        each
        if states.get(each.key, each.state) == each.state or not each.is_trouble
        else Finding(*each.key, SKIPPED, "wavers", each.values)
        for each in second
    ]


def letter(account: Account, found: Sequence[Change], hostname: str, now: float) -> bytes:
    """The mail to an admin, in the language they chose; in every one we speak where they chose none."""
    languages = (account.language,) if account.language in LANGUAGES else LANGUAGES
    trouble = sum(each.finding.is_trouble for each in found)
    subjects = []
    for language in languages:
        text = translations(language)
        if trouble:
            subject = text.ngettext(
                "{host}: {number} thing needs you", "{host}: {number} things need you", trouble
            ).format(host=hostname, number=trouble)
        else:
            subject = text.gettext("{host}: in order again").format(host=hostname)
        subjects.append(subject)
    outgoing = Outgoing(
        from_=Person("mailapp", f"postmaster@{account.address.rpartition('@')[2]}"),
        to=(Person(account.name, account.address),),
        subject=" / ".join(subjects),
        text="\n\n\n".join(_text(translations(each).gettext, found) for each in languages),
        message_id=f"{secrets.token_hex(16)}@{hostname}",
        date=datetime.fromtimestamp(now, UTC),
        auto="auto-generated",
    )
    return b"".join(compose(outgoing))


def _text(_: Gettext, found: Sequence[Change]) -> str:
    parts = [_("Since the last mail about it, this changed:")]
    for each in sorted(found, key=lambda one: (one.finding.about, not one.finding.is_trouble)):
        said = words(_, each.finding)
        about = f"{each.finding.about} · " if each.finding.about else ""
        state = state_of(_, each.finding.state) if each.finding.is_trouble else _("in order again")
        lines = [f"{about}{said.title}: {state}", said.text]
        if each.finding.is_trouble and said.lead:
            lines.append(said.lead)
            lines += [
                f"    {one.name}.  {one.type}  {one.value}" if one.kind == RECORD else f"    {one.value}"
                for one in each.finding.remedies
            ]
        parts.append("\n".join(lines))
    parts.append(_("All of it stands under Administration, Checks. There this mail can be switched off, too."))
    return "\n\n".join(parts)

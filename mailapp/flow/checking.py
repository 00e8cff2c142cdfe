"""Looking the server over: runs the checks, and keeps what was found."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict
from typing import Any

from mailapp.flow.check_choices import Choices, checked, choices_of, put_choices
from mailapp.flow.check_finding import Finding, Plan, Remedy, Run
from mailapp.mail.dns_policies import PASTED_MAX
from mailapp.store import audit, check_results, domains
from mailapp.store.check_results import StoredResult
from mailapp.store.database import Database
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """What is stored."""

    finding: Finding
    checked_at: int
    """Milliseconds since 1970."""
    told: str


class Checking:
    """One per process, on the event loop."""

    def __init__(self, database: Database, run: Run, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._run = run
        self._clock = clock
        self._turn = asyncio.Lock()
        """Runs are processes of 60 MB: one at a time."""

    async def run(self, domain: str = "") -> AsyncIterator[Plan | Finding]:
        """What is going to be looked at, then the findings as they come; each is stored before it is given.

        Raises RunFailed.
        """
        plan = Plan(())
        async with self._turn:
            async for each in self._run(domain):
                if isinstance(each, Finding):
                    await self._database.write(check_results.put, [stored(each, self._now_ms())])
                else:
                    plan = each
                yield each
        if not domain:
            await self._database.write(check_results.keep_only, plan.keys)

    async def look(self) -> list[Finding]:
        """All findings at once, not stored. Raises RunFailed."""
        async with self._turn:
            return [each async for each in self._run("") if isinstance(each, Finding)]

    async def keep(self, findings: Iterable[Finding]) -> None:
        """Store a whole run, and forget what it did not look at."""
        found = [stored(each, self._now_ms()) for each in findings]

        def write(db: sqlite3.Connection) -> None:
            check_results.put(db, found)
            check_results.keep_only(db, [each.key for each in found])

        await self._database.write(write)

    async def held(self) -> dict[tuple[str, str, str], Held]:
        """What the last runs found."""
        return {each.key: held(each) for each in await self._database.read(check_results.all_)}

    async def choices(self) -> Choices:
        return await self._database.read(choices_of)

    async def choose(
        self, dns_servers: str, blocklists: str, time_server: str, mails: bool, *, by: str = audit.ITSELF
    ) -> None:
        """Raises ChoiceRefused."""
        chosen = checked(dns_servers, blocklists, time_server, mails)

        def change(db: sqlite3.Connection) -> None:
            was, becomes = audit.differences(asdict(choices_of(db)), asdict(chosen))
            put_choices(db, chosen)
            if was or becomes:
                audit.record(db, by, "setting.changed", was, becomes, about="checks")

        await self._database.write(change)

    async def set_records(self, domain: str, text: str, *, by: str = audit.ITSELF) -> None:
        """What a relay's page asks the domain's DNS for."""

        def change(db: sqlite3.Connection) -> None:
            held = domains.by_name(db, domain)
            if held is not None and held.relay_records != text[:PASTED_MAX]:
                domains.set_relay_records(db, domain, text[:PASTED_MAX])
                audit.record(db, by, "domain.relay_records", held.relay_records, text[:PASTED_MAX], about=domain)

        await self._database.write(change)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def as_json(finding: Finding) -> dict[str, Any]:
    """What `mailapp check --json` says of a finding."""
    return {**asdict(finding), "values": dict(finding.values)}


def of_json(data: dict[str, Any]) -> Finding:
    """Of what `as_json` made; raises KeyError, TypeError for anything else."""
    remedies = tuple(Remedy(**each) for each in data["remedies"])
    return Finding(**{**data, "remedies": remedies})


def stored(finding: Finding, now_ms: int) -> StoredResult:
    data = as_json(finding)
    details = {name: data[name] for name in ("values", "remedies", "ms")}
    return StoredResult(*finding.key, finding.state, finding.reason, json.dumps(details), now_ms, "")


def held(result: StoredResult) -> Held:
    finding = of_json(
        {**json.loads(result.details), "name": result.name, "about": result.about, "part": result.part}
        | {"state": result.state, "reason": result.reason}
    )
    return Held(finding, result.checked_at, result.told)

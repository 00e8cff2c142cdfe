"""Looking the server over: gathers what is to be checked, runs it, and keeps what was found."""

import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mailapp.config import Config
from mailapp.flow import check_plan
from mailapp.flow.check_finding import Check, Finding, Remedy
from mailapp.flow.check_surroundings import BLOCKLISTS, Choices, Surroundings
from mailapp.flow.looking_up import Lookup, read_servers
from mailapp.mail.address import fold, is_valid
from mailapp.mail.dns_policies import PASTED_MAX
from mailapp.seal import Seal
from mailapp.store import check_results, domains, relays, settings
from mailapp.store.check_results import StoredResult
from mailapp.store.database import Database

LISTS_MAX = 20
DNS_SERVERS_MAX = 3
Listeners = Callable[[], Sequence[tuple[str, int]]]


class ChoiceRefused(Exception):
    """A choice that cannot be used: dns_servers, blocklists or time_server."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(field)
        self.field = field
        self.value = value


@dataclass(frozen=True, slots=True)
class Held:
    """What is stored."""

    finding: Finding
    checked_at: int
    """Milliseconds since 1970."""
    told: str


class Checking:
    """One per process, on the event loop."""

    def __init__(
        self,
        database: Database,
        config: Config,
        listeners: Listeners,
        clock: Callable[[], float] = time.time,
        **surroundings: Any,
    ) -> None:
        """`surroundings` change what checks work with (Surroundings), for tests."""
        self._database = database
        self._config = config
        self._listeners = listeners
        self._clock = clock
        self._surroundings = surroundings

    async def surroundings(self) -> Surroundings:
        found = await self._database.read(survey, self._config, self._listeners())
        return replace(found, clock=self._clock, **self._surroundings)

    async def plan(self, domain: str = "") -> tuple[Surroundings, list[Check]]:
        here = await self.surroundings()
        return here, check_plan.plan(here, domain)

    async def run(self, here: Surroundings, checks: Sequence[Check]) -> AsyncIterator[Finding]:
        """The findings as they come; each is stored before it is given."""
        async for finding in check_plan.run(here, checks):
            await self._database.write(check_results.put, [stored(finding, self._now_ms())])
            yield finding

    async def keep(self, findings: Iterable[Finding]) -> None:
        """Store a whole run, and forget what it did not look at."""
        found = [stored(each, self._now_ms()) for each in findings]

        def write(db: sqlite3.Connection) -> None:
            check_results.put(db, found)
            check_results.keep_only(db, [each.key for each in found])

        await self._database.write(write)

    async def forget_others(self, checks: Iterable[Check]) -> None:
        """Forget results of what is not looked at any more; `checks` is a whole plan."""
        await self._database.write(check_results.keep_only, [each.key for each in checks])

    async def held(self) -> dict[tuple[str, str, str], Held]:
        """What the last runs found."""
        return {each.key: held(each) for each in await self._database.read(check_results.all_)}

    async def choices(self) -> Choices:
        return await self._database.read(choices_of)

    async def choose(self, dns_servers: str, blocklists: str, time_server: str, mails: bool) -> None:
        """Raises ChoiceRefused."""
        chosen = checked(dns_servers, blocklists, time_server, mails)
        await self._database.write(put_choices, chosen)

    async def set_records(self, domain: str, text: str) -> None:
        """What a relay's page asks the domain's DNS for."""
        await self._database.write(domains.set_relay_records, domain, text[:PASTED_MAX])

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def survey(db: sqlite3.Connection, config: Config, listeners: Sequence[tuple[str, int]]) -> Surroundings:
    """What there is to check, read in one snapshot."""
    chosen = choices_of(db)
    known = domains.all_(db)
    return Surroundings(
        config=config,
        domains=known,
        routes=[(each.name, tuple(relays.for_domain(db, each.name))) for each in known],
        relays=[each for each in relays.all_(db) if each.is_active],
        choices=chosen,
        lookup=Lookup(_servers(chosen.dns_servers)),
        seal=Seal(config.key_file),
        listeners=listeners,
        backups=config.data_dir / "backups",
    )


def _servers(text: str) -> list[tuple[str, int]]:
    try:
        return read_servers(text)
    except ValueError:
        return []


def choices_of(db: sqlite3.Connection) -> Choices:
    lists = settings.get(db, "check_blocklists", " ".join(BLOCKLISTS))
    return Choices(
        dns_servers=settings.get(db, "check_dns_servers"),
        blocklists=tuple(lists.split()),
        time_server=settings.get(db, "check_time_server"),
        mails=settings.get(db, "check_mails", "1") == "1",
    )


def checked(dns_servers: str, blocklists: str, time_server: str, mails: bool) -> Choices:
    """What was entered, in the form it is stored. Raises ChoiceRefused."""
    try:
        if len(read_servers(dns_servers)) > DNS_SERVERS_MAX:
            raise ValueError(dns_servers)
    except ValueError as error:
        raise ChoiceRefused("dns_servers", str(error)) from None
    lists = [each.lower().strip(".") for each in blocklists.replace(",", " ").replace("，", " ").split()]
    wrong = [each for each in lists if "." not in each or not is_valid(f"x@{each}")]
    if wrong or len(lists) > LISTS_MAX:
        raise ChoiceRefused("blocklists", wrong[0] if wrong else str(LISTS_MAX))
    host = fold(f"x@{time_server.strip()}").partition("@")[2] if time_server.strip() else ""
    if host and not is_valid(f"x@{host}"):
        raise ChoiceRefused("time_server", time_server)
    return Choices(" ".join(dns_servers.split()), tuple(dict.fromkeys(lists)), host, mails)


def put_choices(db: sqlite3.Connection, chosen: Choices) -> None:
    settings.set_(db, "check_dns_servers", chosen.dns_servers)
    settings.set_(db, "check_blocklists", " ".join(chosen.blocklists))
    settings.set_(db, "check_time_server", chosen.time_server)
    settings.set_(db, "check_mails", "1" if chosen.mails else "0")


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

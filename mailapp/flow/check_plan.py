"""Which checks there are for a server, and running them: all at once, bounded, each with a time of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

from mailapp import maillog
from mailapp.flow import check_domain, check_entrance, check_host, check_machine, check_relays
from mailapp.flow.check_finding import BAD, SKIPPED, Check, Finding, Result
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.looking_up import NoAnswer
from mailapp.store.relays import Relay

AT_ONCE = 12
EACH_S = 20.0
"""Seconds one check may take."""
ALL_S = 50.0
"""Seconds after which what is not finished is given up."""
Look = Callable[[Surroundings], Awaitable[Result]]


def plan(here: Surroundings, domain: str = "") -> list[Check]:
    """Every check in the order it is shown; those of one domain where one is named."""
    found = [] if domain else _of_server(here)
    routes = dict(here.routes)
    texts = {each.name: each.relay_records for each in here.domains}
    for each in here.domains:
        if domain in ("", each.name):
            found += _of_domain(here, each.name, routes.get(each.name, ()), texts[each.name])
    return found


def _of_server(here: Surroundings) -> list[Check]:
    def one(name: str, look: Look, *, asks_dns: bool = True) -> Check:
        return Check(name, "", "", partial(look, here), asks_dns)

    return [
        one("dns", check_host.dns),
        one("listener", check_entrance.listener, asks_dns=False),
        one("open_relay", check_entrance.open_relay, asks_dns=False),
        one("host", check_host.host),
        one("reverse", check_host.reverse),
        one("port25", check_entrance.port_25),
        one("certificate", check_entrance.certificate, asks_dns=False),
        one("https", check_entrance.https),
        *(
            Check("relay", "", each.name, partial(check_relays.login, here, each), asks_dns=False)
            for each in here.relays
        ),
        *(Check("blocklist", "", zone, partial(check_host.blocklist, here, zone)) for zone in here.choices.blocklists),
        one("disk", check_machine.disk, asks_dns=False),
        one("clock", check_machine.clock, asks_dns=False),
        one("backup", check_machine.backup, asks_dns=False),
    ]


def _of_domain(here: Surroundings, domain: str, routes: tuple[Relay, ...], text: str) -> list[Check]:
    keys = [Check("dkim", domain, each.name, partial(check_relays.dkim, here, domain, each, text)) for each in routes]
    others = [each for each in check_relays.wanted_records(domain, text) if check_relays.KEY not in each.name]
    records = {
        f"{each.name} {each.type}": Check(
            "record", domain, f"{each.name} {each.type}", partial(check_relays.one_record, here, each)
        )
        for each in others
    }
    return [
        Check("mx", domain, "", partial(check_domain.mx, here, domain)),
        Check("spf", domain, "", partial(check_domain.sender_policy, here, domain, routes)),
        *keys,
        *records.values(),
        Check("dmarc", domain, "", partial(check_domain.dmarc, here, domain)),
        Check("mta_sts", domain, "", partial(check_domain.mta_sts, here, domain)),
        Check("tls_rpt", domain, "", partial(check_domain.tls_rpt, here, domain)),
    ]


async def run(
    here: Surroundings, checks: Sequence[Check], *, each_s: float = EACH_S, all_s: float = ALL_S
) -> AsyncIterator[Finding]:
    """The findings as they come; every check has one. Where DNS is silent nobody waits for it again and again."""
    loop = asyncio.get_running_loop()
    end = loop.time() + all_s
    gate = asyncio.Semaphore(AT_ONCE)
    silent = asyncio.create_task(_is_silent(here)) if any(each.asks_dns for each in checks) else None

    async def look(check: Check) -> Finding:
        async with gate:
            began = time.monotonic()
            result = await _bounded(check, silent, min(each_s, end - loop.time()))
            return check.found(result, round((time.monotonic() - began) * 1000))

    tasks = [asyncio.create_task(look(each)) for each in checks]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in [*tasks, *([silent] if silent else [])]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _is_silent(here: Surroundings) -> bool:
    try:
        await check_host.dns(here)
    except NoAnswer:
        return True
    return False


async def _bounded(check: Check, silent: "asyncio.Task[bool] | None", seconds: float) -> Result:
    """What a check finds; never raises."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            if check.asks_dns and silent is not None and await asyncio.shield(silent):
                return Result(BAD if check.name == "dns" else SKIPPED, "dns_silent")
            return await check.look()
    except TimeoutError:
        return Result(SKIPPED, "timeout")
    except NoAnswer as error:
        return Result(SKIPPED, "no_answer", {"name": str(error)})
    except Exception:
        maillog.unforeseen(f"checking {check.name}")
        return Result(SKIPPED, "unforeseen")

"""mailapp check. The server runs it as a program of its own, too: see flow/check_child.py."""

import asyncio
import json
import locale
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from mailapp import config, maillog
from mailapp.commands import common
from mailapp.flow import check_plan
from mailapp.flow.check_finding import BAD, HINT, OK, RECORD, SKIPPED, WARN, Check, Finding
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.check_survey import survey
from mailapp.flow.check_words import title_of, words
from mailapp.flow.checking import as_json
from mailapp.flow.looking_up import Lookup, read_servers
from mailapp.i18n import LANGUAGES, negotiate, translations
from mailapp.mail.address import fold
from mailapp.store import accounts

MARKS = {OK: "✓", HINT: "·", WARN: "!", BAD: "✗", SKIPPED: "–"}
COLOURS = {OK: "green", WARN: "yellow", BAD: "red"}


@click.command()
@click.option("--domain", default="", help="Look at one domain only.")
@click.option("--dns", "servers", default="", metavar="SERVERS", help="Ask these DNS servers instead.")
@click.option("--json", "as_data", is_flag=True, help="Write one JSON document.")
@click.option("--lines", is_flag=True, hidden=True, help="Write JSON by the line, as it comes: for the server.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of what is said; the terminal's where left out.")
def check(domain: str, servers: str, as_data: bool, lines: bool, language: str | None) -> None:
    """Look over DNS, certificates, relays, blocklists and the machine; exit 1 where something is wrong."""
    with common.explained():
        settings = config.load()
        maillog.configure(settings.log)
        with common.database() as db:
            here = _with_servers(survey(db, settings, settings.smtp), servers)
            chosen = language or _language(db)
    name = fold(f"x@{domain}").partition("@")[2]
    if name and name not in {each.name for each in here.domains}:
        raise click.ClickException(f"there is no domain {domain}. `mailapp domain list` shows them all")
    checks = check_plan.plan(here, name)
    show = _Lines(checks) if lines else _Quiet() if as_data else _Terminal(checks, chosen)
    findings = asyncio.run(_run(here, checks, show))
    bad = sum(each.state == BAD for each in findings)
    if as_data:
        data = {"ok": not bad, "findings": [_data(chosen, each) for each in findings]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    elif not lines:
        click.echo(f"\n{_summary(chosen, findings)}")
    sys.exit(1 if bad else 0)


def _with_servers(here: Surroundings, servers: str) -> Surroundings:
    try:
        return replace(here, lookup=Lookup(read_servers(servers))) if servers else here
    except ValueError as error:
        raise click.BadParameter(f"{error} is not the address of a DNS server. Example: --dns 192.0.2.1") from None


def _language(db: sqlite3.Connection) -> str:
    """The terminal's language, where it is one we speak; else the first admin's."""
    spoken = (locale.getlocale(locale.LC_CTYPE)[0] or "").replace("_", "-")
    if spoken.partition("-")[0] in {each.partition("-")[0] for each in LANGUAGES if each != "en"}:
        return negotiate(spoken)
    first = accounts.first_admin(db)
    account = accounts.get(db, first) if first is not None else None
    return account.language if account is not None and account.language in LANGUAGES else "en"


async def _run(here: Surroundings, checks: list[Check], show: Callable[[Finding], None]) -> list[Finding]:
    """The findings in the order of the plan; `show` is told each as it comes."""
    found: dict[tuple[str, str, str], Finding] = {}
    async for finding in check_plan.run(here, checks):
        found[finding.key] = finding
        show(finding)
    return [found[each.key] for each in checks]


class _Quiet:
    def __call__(self, finding: Finding) -> None:
        pass


class _Lines:
    """JSON by the line: the plan, then each finding."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._write({"plan": [each.key for each in checks]})

    def __call__(self, finding: Finding) -> None:
        self._write(as_json(finding))

    def _write(self, data: Any) -> None:
        sys.stdout.write(json.dumps(data) + "\n")
        sys.stdout.flush()


class _Terminal:
    """For people: in the order of the plan, each as soon as those before it are there."""

    def __init__(self, checks: Sequence[Check], language: str) -> None:
        self._checks = checks
        self._language = language
        self._found: dict[tuple[str, str, str], Finding] = {}
        self._shown = 0

    def __call__(self, finding: Finding) -> None:
        self._found[finding.key] = finding
        while self._shown < len(self._checks) and self._checks[self._shown].key in self._found:
            check = self._checks[self._shown]
            before = self._checks[self._shown - 1].about if self._shown else ""
            if check.about != before:
                click.secho(f"\n{check.about}", bold=True)
            _show(self._language, self._found[check.key])
            self._shown += 1


def _show(language: str, finding: Finding) -> None:
    said = words(translations(language).gettext, finding)
    mark = click.style(MARKS[finding.state], fg=COLOURS.get(finding.state))
    click.echo(f"{mark} {said.title}: {said.text}")
    if said.lead:
        click.echo(f"    {said.lead}")
    for one in finding.remedies:
        click.echo(f"      {one.name}.  {one.type}  {one.value}" if one.kind == RECORD else f"      {one.value}")


def _data(language: str, finding: Finding) -> dict[str, Any]:
    said = words(translations(language).gettext, finding)
    return {**as_json(finding), "title": title_of(translations(language).gettext, finding.name, finding.part)} | {
        "text": said.text
    }


def _summary(language: str, findings: list[Finding]) -> str:
    text = translations(language)
    bad, warn = (sum(each.state == state for each in findings) for state in (BAD, WARN))
    if not bad and not warn:
        return text.gettext("Nothing is wrong.")
    parts = []
    if bad:
        parts.append(text.ngettext("{number} is wrong", "{number} are wrong", bad).format(number=bad))
    if warn:
        parts.append(text.ngettext("{number} needs a look", "{number} need a look", warn).format(number=warn))
    return text.gettext(", ").join(parts)


if __name__ == "__main__":
    check(prog_name="mailapp check")

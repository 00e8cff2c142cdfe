"""What checks found, in words: on the page, on the terminal and in the nightly mail alike."""

from collections.abc import Callable

from mailapp.flow.check_finding import BAD, COMMAND, HINT, OK, RECORD, SETTING, SKIPPED, WARN, Finding, Remedy
from mailapp.flow.check_words_domain import WORDS as OF_DOMAIN
from mailapp.flow.check_words_server import WORDS as OF_SERVER
from mailapp.values import dataclass

Gettext = Callable[[str], str]
TEXTS = {**OF_SERVER, **OF_DOMAIN}


@dataclass(frozen=True, slots=True)
class Words:
    """A finding, readable."""

    title: str
    text: str
    lead: str
    """What to do with the remedies, "" where there are none."""


def words(_: Gettext, finding: Finding) -> Words:
    """In the language of `_`."""
    text = _general(_).get(finding.reason) if finding.state == SKIPPED or finding.name == "dns" else None
    if text is None:
        text = TEXTS[finding.name](_).get(finding.reason) or finding.reason
    return Words(
        title_of(_, finding.name, finding.part),
        text.format_map(_Values(finding.values)),
        _lead(_, finding.remedies[0], finding.about) if finding.remedies else "",
    )


class _Values(dict[str, str | int]):
    """A value that an earlier release did not store leaves a gap, not an error."""

    def __missing__(self, key: str) -> str:
        return "…"


def title_of(_: Gettext, name: str, part: str) -> str:
    """What is looked at."""
    titles = {
        "dns": _("DNS"),
        "listener": _("SMTP server"),
        "open_relay": _("No open relay"),
        "host": _("Server's name"),
        "reverse": _("Reverse name"),
        "port25": _("Port 25"),
        "certificate": _("Certificate for SMTP"),
        "https": _("HTTPS"),
        "relay": _("Relay {name}").format(name=part),
        "blocklist": part,
        "disk": _("Disk"),
        "clock": _("Clock"),
        "backup": _("Backup"),
        "mx": "MX",
        "spf": "SPF",
        "dkim": _("DKIM of {name}").format(name=part),
        "record": part,
        "dmarc": "DMARC",
        "mta_sts": "MTA-STS",
        "tls_rpt": "TLS-RPT",
    }
    return titles.get(name, name)


def state_of(_: Gettext, state: str) -> str:
    """A state, for who does not see its colour."""
    return {
        OK: _("in order"),
        HINT: _("could be better"),
        WARN: _("needs a look"),
        BAD: _("wrong"),
        SKIPPED: _("not looked at"),
    }.get(state, state)


def _general(_: Gettext) -> dict[str, str]:
    return {
        "dns_silent": _("The DNS servers do not answer. Look at the network, and at /etc/resolv.conf."),
        "no_answer": _("DNS gave no answer about {name}."),
        "timeout": _("It took too long and was given up."),
        "wavers": _("It says now this, now that; the next night decides."),
        "unforeseen": _("Something went wrong here; it was written down in the log."),
        "no_address": _("The server's name has no public address yet."),
        "no_relay": _("No relay sends for this domain yet."),
        "listener": _("The SMTP server does not answer."),
    }


def _lead(_: Gettext, remedy: Remedy, domain: str) -> str:
    if remedy.type == "PTR":
        return _("Where the server is rented, set its reverse DNS (PTR):")
    leads = {
        RECORD: _("The DNS of {domain} needs this record:").format(domain=domain)
        if domain
        else _("DNS needs this record:"),
        COMMAND: _("On the server, run:"),
        SETTING: _("In the settings of the service (/etc/mailapp/mailapp.env), then restart it:"),
    }
    return leads.get(remedy.kind) or _("Add this line:")

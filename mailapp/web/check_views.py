"""What checks found, as the admin pages show it."""

from collections.abc import Iterable

from mailapp.flow.check_choices import Choices
from mailapp.flow.check_finding import BAD, HINT, OK, RECORD, SKIPPED, WARN, Finding
from mailapp.flow.check_words import state_of, title_of, words
from mailapp.values import dataclass
from mailapp.web.reader import Reader

Key = tuple[str, str, str]
ORDER = (
    "dns", "listener", "open_relay", "host", "reverse", "port25", "certificate", "https", "relay", "blocklist", "disk",
    "clock", "backup", "mx", "spf", "dkim", "record", "dmarc", "mta_sts", "tls_rpt",
)  # fmt: skip
ICONS = {
    OK: "circle-check", HINT: "circle-dashed", WARN: "triangle-alert", BAD: "circle-x", SKIPPED: "circle-minus",
    "": "clock",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RemedyView:
    id: str
    value: str
    is_record: bool
    name: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check; before it is looked at, without a state."""

    id: str
    title: str
    icon: str
    look: str
    """ok, hint, warn, bad, skipped or pending."""
    state: str = ""
    text: str = ""
    lead: str = ""
    remedies: tuple[RemedyView, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """What concerns the server (about ""), or one domain."""

    about: str
    title: str
    lines: tuple[CheckLine, ...]


@dataclass(frozen=True, slots=True)
class ChoicesForm:
    """The settings of checks, as they are or as they were posted."""

    dns_servers: str
    blocklists: str
    time_server: str
    mails: bool
    error_field: str = ""
    error_text: str = ""


@dataclass(frozen=True, slots=True)
class ChecksView:
    domain: str
    """"" shows everything."""
    groups: tuple[CheckGroup, ...]
    when: str
    """When it was looked at last, "" for never."""
    summary: str
    good: bool
    records: str
    """What the domain's relay asks for."""
    form: ChoicesForm
    said: str = ""
    starts: bool = False
    """Whether looking begins by itself, because nothing was looked at yet."""


def in_order(keys: Iterable[Key]) -> list[Key]:
    """The server's first, then by domain, each as a plan has it."""
    places = {name: place for place, name in enumerate(ORDER)}
    return sorted(keys, key=lambda key: (key[1], places.get(key[0], len(places)), key[2]))


def pending(reader: Reader, place: int, key: Key) -> CheckLine:
    title = title_of(reader.gettext, key[0], key[2])
    return CheckLine(f"check-{place}", title, ICONS[""], "pending", text=reader.gettext("Looking…"))


def line(reader: Reader, place: int, finding: Finding) -> CheckLine:
    said = words(reader.gettext, finding)
    remedies = tuple(
        RemedyView(f"remedy-{place}-{number}", each.value, each.kind == RECORD, each.name, each.type)
        for number, each in enumerate(finding.remedies)
    )
    return CheckLine(
        id=f"check-{place}",
        title=said.title,
        icon=ICONS[finding.state],
        look=finding.state,
        state=state_of(reader.gettext, finding.state),
        text=said.text,
        lead=said.lead,
        remedies=remedies,
    )


def groups(reader: Reader, lines: Iterable[tuple[str, CheckLine]]) -> tuple[CheckGroup, ...]:
    """Lines with what they are about, in order, put together."""
    found: dict[str, list[CheckLine]] = {}
    for about, each in lines:
        found.setdefault(about, []).append(each)
    server = reader.gettext("This server")
    return tuple(CheckGroup(about, about or server, tuple(some)) for about, some in found.items())


def summary(reader: Reader, findings: Iterable[Finding]) -> tuple[str, bool]:
    """How many things need somebody, and whether none does."""
    trouble = sum(each.is_trouble for each in findings)
    if not trouble:
        return reader.gettext("Nothing is wrong."), True
    said = reader.ngettext("{number} thing needs you", "{number} things need you", trouble)
    return said.format(number=trouble), False


def form_of(choices: Choices) -> ChoicesForm:
    return ChoicesForm(choices.dns_servers, " ".join(choices.blocklists), choices.time_server, choices.mails)

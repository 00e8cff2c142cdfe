"""What goes wrong with a relay, in plain words: what happened, and what to do."""

from collections.abc import Sequence

from mailapp.flow.relay_dns import DOUBLED, MISSING, OK, PROXIED, SILENT, UNKNOWN, WRONG, Record
from mailapp.flow.relay_presets import PRESETS, TLS
from mailapp.store.relays import Relay
from mailapp.transport.relay_test import Dialogue
from mailapp.values import dataclass
from mailapp.web.reader import Reader


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test came to."""

    good: bool
    title: str
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordView:
    """One DNS record that was looked up."""

    id: str
    name: str
    type: str
    wanted: str
    good: bool
    look: str
    """good, warn or danger."""
    text: str


def preset_name(reader: Reader, key: str) -> str:
    """A service as the reader knows it."""
    _ = reader.gettext
    names = {
        "tencent": _("Tencent Cloud SES"),
        "aliyun": _("Alibaba Cloud DirectMail"),
        "custom": _("Another server"),
    }
    return names.get(key) or PRESETS[key].name


def refusal_text(reader: Reader, field: str, reason: str) -> str:
    """Why a field of the form cannot be used."""
    _ = reader.gettext
    texts = {
        ("host", "empty"): _("The name of the server is missing. Example: smtp.example.com"),
        ("host", "wrong"): _("This is not the name of a server. Example: smtp.example.com"),
        ("port", "wrong"): _("A port is a number up to 65535, mostly 587, 465 or 2525."),
        ("security", "loopback"): _("Without encryption the password could be read on the way: only for this machine."),
        ("name", "taken"): _("Another relay has this name."),
        ("name", "gone"): _("This relay was removed meanwhile."),
        ("secret", "empty"): _("With a user name, a secret is needed."),
        ("secret", "again"): _("Another server gets the secret only if you type it in again."),
        ("secret", "sealing"): _("It cannot be sealed: the key file in the data directory cannot be used."),
        ("sender_domains", "wrong"): _("This is not a list of domains. Example: example.com, example.org"),
        ("daily_limit", "wrong"): _("This is not a number."),
        ("events_key", "wrong"): _("This is not the verification key; it begins with MFkw."),
    }
    return texts.get((field, reason)) or _("This cannot be used.")


def verdict_of(reader: Reader, relay: Relay, dialogue: Dialogue, to: str) -> Verdict:
    """What a test's dialogue means."""
    _ = reader.gettext
    if dialogue.ok and to:
        title = _("The relay took the mail.")
        return Verdict(
            True, title, (_("Look whether it arrives at {address}, and not among the spam.").format(address=to),)
        )
    if dialogue.ok:
        return Verdict(True, _("Logging in works."))
    return Verdict(False, *_trouble(reader, relay, dialogue.kind, dialogue.open_ports))


def _trouble(reader: Reader, relay: Relay, kind: str, open_ports: Sequence[int]) -> tuple[str, tuple[str, ...]]:
    _ = reader.gettext
    troubles = {**_about_reaching(reader), **_about_encryption(reader, relay), **_about_mail(reader, relay)}
    title, advice = troubles.get(kind) or (_("It did not work."), _("The last lines say why."))
    lines = [advice] if advice else []
    if open_ports:
        ports = ", ".join(map(str, open_ports))
        lines.append(_("These ports answer: {ports}. Choose one of them in the settings below.").format(ports=ports))
    return title.format(host=relay.host, port=relay.port), tuple(lines)


Troubles = dict[str, tuple[str, str]]
"""Kind of RelayError -> what happened, what to do."""


def _about_reaching(reader: Reader) -> Troubles:
    _ = reader.gettext
    return {
        "name": (
            _("There is no server {host}."),
            _("Look for a slip in the name, and whether this machine's DNS works."),
        ),
        "refused": (_("{host} takes no connections on port {port}."), _("Look for a slip in the port.")),
        "port_blocked": (
            _("Port {port} seems to be blocked on the way to {host}."),
            _("Many providers block mail ports; ask yours to open it, or use another port."),
        ),
        "unreachable": (_("{host} cannot be reached."), _("Look whether this machine is online, and at its firewall.")),
        "timeout": (_("{host} did not answer in time."), _("Try again; if it stays so, use another port.")),
        "dropped": (_("{host} hung up."), _("Try again in a minute; the service may have blocked this machine.")),
    }


def _about_encryption(reader: Reader, relay: Relay) -> Troubles:
    _ = reader.gettext
    if relay.security == TLS:
        ports = _("Port 465 speaks TLS from the beginning; on 587 and 2525 choose STARTTLS.")
    else:
        ports = _("Ports 587 and 2525 speak STARTTLS; on 465 choose TLS.")
    return {
        "nonsense": (_("What answers there is not a mail server, or wants other encryption."), ports),
        "tls": (_("Encryption could not be agreed on with {host}."), ports),
        "no_tls": (
            _("{host} offers no encryption on port {port}."),
            _(
                "So the password was not sent. Use port 465 with TLS, or look for something that meddles with the"
                " connection."
            ),
        ),
        "certificate": (
            _("The certificate of {host} is not trusted."),
            _("So the password was not sent. Look whether it has expired, and at the clock of this machine."),
        ),
        "certificate_name": (
            _("The certificate is made out to another name than {host}."),
            _("So the password was not sent. Use the name that the service gives."),
        ),
        "plain_text": (_("{host} is another machine and there is no encryption."), _("Choose STARTTLS or TLS.")),
    }


def _about_mail(reader: Reader, relay: Relay) -> Troubles:
    _ = reader.gettext
    login = {
        "sendgrid": _("The user name is the word apikey; the secret is an API key with the permission Mail Send."),
        "resend": _("The user name is the word resend; the secret is an API key."),
        "brevo": _("The secret is the SMTP key, not the API key."),
        "ses": _("SES has its own SMTP user name and password; access keys do not work."),
    }.get(relay.preset, _("Copy user name and password from the service's page once more."))
    return {
        "sealing": (_("The secret cannot be opened."), _("Type it in again below.")),
        "no_auth": (
            _("{host} offers no way to log in that we know."),
            _("Look whether port and encryption are right."),
        ),
        "login": (_("{host} does not accept user name and secret."), login),
        "rejected": (
            _("{host} did not take the mail."),
            _("Its answer says why; mostly the sender's domain or address is not verified there yet."),
        ),
        "too_large": (_("{host} does not take mail of this size."), ""),
        "utf8": (_("{host} takes no addresses with other than ASCII letters."), ""),
    }


def record_views(reader: Reader, records: Sequence[Record]) -> list[RecordView]:
    """What DNS has, record by record."""
    _ = reader.gettext
    found = {
        OK: _("Is there."),
        MISSING: _("Is not there yet. A new record takes minutes to some hours to be seen."),
        WRONG: _("Points to {found} instead."),
        DOUBLED: _("Was made with the domain twice: enter the name without the domain at its end."),
        PROXIED: _("The name is there without a CNAME. Behind Cloudflare, switch its proxy off (grey cloud)."),
        UNKNOWN: _("Paste what SendGrid shows, so that it can be looked up."),
        SILENT: _("The DNS servers did not answer; try again."),
    }
    views = []
    for number, one in enumerate(records):
        good = one.state == OK
        advisory = one.type == "TXT" or one.state in (UNKNOWN, SILENT)
        text = found[one.state].format(found=", ".join(one.found))
        if one.type == "TXT" and one.state == MISSING:
            text = _("Is not there. Gmail and others want it: what to do with mail that only claims to be yours.")
        look = "good" if good else "warn" if advisory else "danger"
        views.append(RecordView(f"record-{number}", one.name, one.type, one.wanted, good, look, text))
    return views

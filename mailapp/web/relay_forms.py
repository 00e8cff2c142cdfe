"""The form of a relay: filled from what is stored or posted, and read back."""

from dataclasses import replace

from werkzeug.datastructures import MultiDict

from mailapp.flow.relay_presets import Preset, preset
from mailapp.flow.relaying import SECRET_MAX, RelayRefused
from mailapp.store.relays import ACTIVE, DISABLED, Relay
from mailapp.values import dataclass
from mailapp.web.forms import text
from mailapp.web.reader import Reader
from mailapp.web.relay_words import preset_name, refusal_text

MORE = ("name", "auth")
"""Fields that are folded away."""


@dataclass(frozen=True, slots=True)
class RelayForm:
    id: int
    """0 for a new one."""
    title: str
    preset: Preset
    ports_hint: str
    host: str
    port: str
    security: str
    username: str
    sender_domains: str
    daily_limit: str
    name: str
    auth: str
    active: bool
    events_key: str
    has_secret: bool
    locked: bool = False
    """There is a secret that cannot be opened."""
    error_field: str = ""
    error_text: str = ""

    @property
    def more_open(self) -> bool:
        return self.error_field in MORE or not self.active


def new_relay(key: str) -> Relay:
    """What a relay of this service begins with."""
    service = preset(key)
    port, security = service.ports[0]
    return Relay(
        name=service.name or "",
        preset=service.key,
        host=service.host,
        port=port,
        security=security,
        username=service.username,
    )


def form_of(reader: Reader, relay: Relay, *, locked: bool = False) -> RelayForm:
    """The form filled with a relay."""
    service = preset(relay.preset)
    ports = ", ".join(f"{port} {'TLS' if security == 'tls' else 'STARTTLS'}" for port, security in service.ports)
    return RelayForm(
        id=relay.id,
        title=relay.name if relay.id else preset_name(reader, service.key),
        preset=service,
        ports_hint=reader.gettext("One port may be blocked where another works: {ports}").format(ports=ports),
        host=relay.host,
        port=str(relay.port or ""),
        security=relay.security,
        username=relay.username,
        sender_domains=", ".join(relay.sender_domains),
        daily_limit=str(relay.daily_limit or ""),
        name=relay.name,
        auth=relay.auth,
        active=relay.is_active,
        events_key=relay.events_key,
        has_secret=bool(relay.secret),
        locked=locked,
    )


def read_form(given: MultiDict[str, str], relay_id: int) -> tuple[Relay, str]:
    """What was posted, and the secret typed. Numbers that are none become -1, which is refused later."""
    separated = text(given, "sender_domains", 4_000)
    for mark in ",;，；、":
        separated = separated.replace(mark, " ")
    relay = Relay(
        id=relay_id,
        name=text(given, "name"),
        preset=text(given, "preset"),
        host=text(given, "host"),
        port=_number(text(given, "port", 12)),
        security=text(given, "security"),
        auth=text(given, "auth") or "auto",
        username=text(given, "username", 400),
        sender_domains=tuple(separated.split()),
        daily_limit=_number(text(given, "daily_limit", 12) or "0"),
        events_key=text(given, "events_key", 1_000),
        state=ACTIVE if "active" in given else DISABLED,
    )
    return relay, text(given, "secret", SECRET_MAX + 1)


def refused_form(reader: Reader, filled: RelayForm, given: MultiDict[str, str], refusal: RelayRefused) -> RelayForm:
    """The form as it was posted, with what is wrong in it."""
    return replace(
        filled,
        port=text(given, "port", 12),
        sender_domains=text(given, "sender_domains", 4_000),
        daily_limit=text(given, "daily_limit", 12),
        error_field="" if refusal.reason == "gone" else refusal.field,
        error_text=refusal_text(reader, refusal.field, refusal.reason),
    )


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() else -1

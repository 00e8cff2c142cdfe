"""Settings for starting up, read from the environment once. Everything else lives in the database."""

import ipaddress
import os
import re
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from mailapp.values import dataclass

MIB = 1024 * 1024
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(Exception):
    """A setting that cannot be used: which one, why, and an example, in one line."""


@dataclass(frozen=True, slots=True)
class Config:
    """What docs/configuration.md describes, validated."""

    data_dir: Path
    http: tuple[str, int]
    smtp: tuple[tuple[str, int], ...]
    hostname: str
    public_url: str
    tls_cert: Path | None
    tls_key: Path | None
    trusted_proxies: tuple[Network, ...]
    max_message_size: int
    """Bytes."""
    log: str
    """text or json."""
    given: frozenset[str] = frozenset()
    """Variables that were set: what the pages show as fixed."""
    notify_socket: str = ""
    """Where a service manager that started us hears of us (sd_notify); "" where none did."""
    watchdog_s: float = 0
    """Seconds within which it wants to hear that all is well; 0 for never."""

    @property
    def database(self) -> Path:
        return self.data_dir / "emails.db"

    @property
    def key_file(self) -> Path:
        """What relay passwords are sealed with; no part of backups of the database."""
        return self.data_dir / "relay.key"

    @property
    def spool_dir(self) -> Path:
        return self.data_dir / "spool"

    @property
    def secure(self) -> bool:
        """True where pages are reached over https, so that cookies are Secure."""
        return self.public_url.startswith("https:")


DEFAULTS = {
    "MAILAPP_DATA_DIR": "./data",
    "MAILAPP_HTTP": "127.0.0.1:2099",
    "MAILAPP_SMTP": "127.0.0.1:2525",
    "MAILAPP_HOSTNAME": "",
    "MAILAPP_PUBLIC_URL": "",
    "MAILAPP_TLS_CERT": "",
    "MAILAPP_TLS_KEY": "",
    "MAILAPP_TRUSTED_PROXIES": "127.0.0.1,::1",
    "MAILAPP_MAX_MESSAGE_SIZE": "35 MiB",
    "MAILAPP_LOG": "text",
}
"""Every variable that is read; "" is worked out from the machine or the others."""
OF_COMMANDS = ("MAILAPP_TOKEN", "MAILAPP_SERVER")
"""Read by `mailapp wait` alone."""


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings. Raises ConfigError on the first one that cannot be used."""
    given = os.environ if environ is None else environ
    for name in given:
        if name.startswith("MAILAPP_") and name not in DEFAULTS and name not in OF_COMMANDS:
            raise ConfigError(f"{name} is not a setting of mailapp. Settings: {', '.join(DEFAULTS)}")
    value = {name: given.get(name, "").strip() or default for name, default in DEFAULTS.items()}
    http = _endpoint("MAILAPP_HTTP", value["MAILAPP_HTTP"])
    cert, key = _tls(value)
    return Config(
        data_dir=Path(value["MAILAPP_DATA_DIR"]).expanduser().resolve(),
        http=http,
        smtp=tuple(_endpoint("MAILAPP_SMTP", one) for one in _list(value["MAILAPP_SMTP"])),
        hostname=_hostname(value["MAILAPP_HOSTNAME"]),
        public_url=_public_url(value["MAILAPP_PUBLIC_URL"] or f"http://localhost:{http[1]}"),
        tls_cert=cert,
        tls_key=key,
        trusted_proxies=tuple(network(one) for one in _list(value["MAILAPP_TRUSTED_PROXIES"])),
        max_message_size=_size(value["MAILAPP_MAX_MESSAGE_SIZE"]),
        log=_choice("MAILAPP_LOG", value["MAILAPP_LOG"], ("text", "json")),
        given=frozenset(name for name in DEFAULTS if given.get(name, "").strip()),
        notify_socket=given.get("NOTIFY_SOCKET", ""),
        watchdog_s=_watchdog(given),
    )


def _watchdog(given: Mapping[str, str]) -> float:
    """Seconds of sd_watchdog_enabled(3), 0 where none is meant for this process; systemd's word, so never an error."""
    microseconds, process = given.get("WATCHDOG_USEC", ""), given.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (process and process != str(os.getpid())):
        return 0
    return int(microseconds) / 1_000_000


def environment(config: Config, smtp: Sequence[tuple[str, int]]) -> dict[str, str]:
    """What a child process needs around it to work on the same data, with the addresses SMTP really listens on."""
    held = {name: value for name, value in os.environ.items() if name not in DEFAULTS}
    held |= {
        "MAILAPP_DATA_DIR": str(config.data_dir),
        "MAILAPP_HTTP": _shown(*config.http),
        "MAILAPP_SMTP": ",".join(_shown(*each) for each in smtp),
        "MAILAPP_HOSTNAME": config.hostname,
        "MAILAPP_PUBLIC_URL": config.public_url,
        "MAILAPP_LOG": config.log,
    }
    if config.tls_cert is not None and config.tls_key is not None:
        held |= {"MAILAPP_TLS_CERT": str(config.tls_cert), "MAILAPP_TLS_KEY": str(config.tls_key)}
    return held


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _list(value: str) -> list[str]:
    return [one.strip() for one in value.split(",") if one.strip()]


def _endpoint(name: str, value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not bare or not port.isdigit() or int(port) > 65535 or (":" in bare and not host.startswith("[")):
        raise ConfigError(f"{name}={value!r} is not HOST:PORT. Example: {name}=127.0.0.1:2099 or [::1]:2099")
    return bare, int(port)


def _tls(value: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    cert, key = value["MAILAPP_TLS_CERT"], value["MAILAPP_TLS_KEY"]
    if bool(cert) != bool(key):
        raise ConfigError("MAILAPP_TLS_CERT and MAILAPP_TLS_KEY go together: one of them is missing")
    for name, path in (("MAILAPP_TLS_CERT", cert), ("MAILAPP_TLS_KEY", key)):
        if path and not Path(path).is_file():
            raise ConfigError(f"{name}={path!r} is not a file. Example: {name}=/etc/mailapp/tls/cert.pem")
    return (Path(cert), Path(key)) if cert else (None, None)


def _hostname(value: str) -> str:
    name = (value or socket.gethostname() or "localhost").lower().rstrip(".")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", name):
        raise ConfigError(f"MAILAPP_HOSTNAME={name!r} is not a host name. Example: MAILAPP_HOSTNAME=mail.example.com")
    return name


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(
            f"MAILAPP_PUBLIC_URL={value!r} is not a URL. Example: MAILAPP_PUBLIC_URL=https://mail.example.com"
        )
    return value.rstrip("/")


def network(value: str) -> Network:
    """An address or network. Raises ConfigError."""
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ConfigError(
            f"MAILAPP_TRUSTED_PROXIES: {value!r} is not an address or network. Example: 127.0.0.1,10.0.0.0/8"
        ) from None


def _size(value: str) -> int:
    match = re.fullmatch(r"(\d+)\s*(|B|KiB|MiB|GiB)", value)
    size = int(match[1]) * {"": 1, "B": 1, "KiB": 1024, "MiB": MIB, "GiB": 1024 * MIB}[match[2]] if match else 0
    if not 64 * 1024 <= size <= 1024 * MIB:
        raise ConfigError(f"MAILAPP_MAX_MESSAGE_SIZE={value!r} is not a size from 64 KiB to 1 GiB. Example: 35 MiB")
    return size


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ConfigError(f"{name}={value!r} is not one of {', '.join(choices)}")
    return value

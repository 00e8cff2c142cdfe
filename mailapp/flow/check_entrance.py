"""Our own entrance, looked at from outside over real connections: who answers, with which certificate, and for whom."""

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit

from mailapp.flow.check_finding import BAD, HINT, OK, SKIPPED, WARN, Remedy, Result, Value
from mailapp.flow.check_surroundings import Surroundings
from mailapp.mail.transaction import CHECK_DOMAIN
from mailapp.transport.https_page import NoPage, fetch
from mailapp.transport.smtp_probe import NoSmtp, Seen, look

SOON_DAYS = 14
"""A certificate that ends within so many days should have been renewed by now."""
DAY_S = 86_400
FOREIGN = CHECK_DOMAIN
"""By it the receiving log knows our own check."""
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where to connect, not to listen


async def listener(here: Surroundings) -> Result:
    """Whether our SMTP server answers with our name, on every address it should listen on."""
    for address, port in here.listeners:
        values: dict[str, Value] = {"address": _shown(address, port), "host": here.hostname}
        try:
            seen = await _ours(here, address, port)
        except NoSmtp as error:
            return Result(BAD, error.reason, values)
        if seen.host != here.hostname:
            return Result(BAD, "other", {**values, "found": seen.host})
        if here.config.tls_cert is not None and "STARTTLS" not in seen.extensions:
            return Result(BAD, "no_starttls", values)
    return Result(OK, "answers", {"address": ", ".join(_shown(*each) for each in here.listeners)})


async def _ours(here: Surroundings, address: str, port: int, *recipients: tuple[str, str]) -> Seen:
    return await look(_ANYWHERE.get(address, address), port, here.hostname, recipients)


def _shown(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


async def port_25(here: Surroundings) -> Result:
    """Whether the port other servers come to leads here, as far as it can be seen from this machine."""
    addresses = await here.lookup.addresses(here.hostname)
    if not addresses:
        return Result(SKIPPED, "no_address")
    setting = Remedy("setting", "MAILAPP_SMTP=0.0.0.0:25,[::]:25")
    reachable = 0
    problem = "unreachable"
    for address in addresses:
        try:
            seen = await look(address, here.smtp_port, here.hostname)
        except NoSmtp as error:
            problem = error.reason
            continue
        reachable += 1
        if seen.host != here.hostname:
            return Result(BAD, "other", {"address": address, "found": seen.host, "host": here.hostname}, (setting,))
    values: dict[str, Value] = {"address": ", ".join(addresses)}
    if reachable:
        return Result(OK, "answers", values)
    if not any(port == here.smtp_port for _, port in here.listeners):
        listening = ", ".join(_shown(*each) for each in here.listeners)
        return Result(BAD, "not_listening", {**values, "listening": listening}, (setting,))
    return Result(WARN, "silent", {**values, "kind": problem})


async def open_relay(here: Surroundings) -> Result:
    """Whether our server refuses recipients that are not ours, however they are spelled."""
    address, port = here.listeners[0]
    local = here.domains[0].name if here.domains else here.hostname
    stranger = f"stranger@{FOREIGN}"
    recipients = (
        (f"somebody@{FOREIGN}", stranger),
        ("", stranger),
        (f"postmaster@{local}", stranger),
        (f"somebody@{FOREIGN}", f"@{local}:{stranger}"),
        (f"somebody@{FOREIGN}", f'"{stranger}"@{FOREIGN}'),
    )
    try:
        seen = await _ours(here, address, port, *recipients)
    except NoSmtp as error:
        return Result(SKIPPED, "listener", {"kind": error.reason})
    for (_, recipient), (code, said) in zip(recipients, seen.answers, strict=True):
        if 500 <= code < 600:
            continue
        values: dict[str, Value] = {"recipient": recipient, "reply": f"{code} {said}"}
        return Result(BAD, "takes", values) if code < 400 else Result(WARN, "unsure", values)
    return Result(OK, "closed", {"count": len(recipients)})


async def certificate(here: Surroundings) -> Result:
    """The certificate of STARTTLS: its name, its end, who made it."""
    cert = here.config.tls_cert
    if cert is None:
        lines = ("MAILAPP_TLS_CERT=/etc/mailapp/tls/cert.pem", "MAILAPP_TLS_KEY=/etc/mailapp/tls/key.pem")
        return Result(WARN, "none", {}, tuple(Remedy("setting", line) for line in lines))
    try:
        names, ends_at, self_signed = await asyncio.to_thread(_read, cert)
    except (OSError, ValueError):
        return Result(BAD, "unreadable", {"path": str(cert)})
    values = {**_end(here, ends_at), "host": here.hostname, "names": ", ".join(names)}
    late = _late(here, ends_at)
    if late:
        return Result(BAD if late == "ended" else WARN, late, values)
    if not any(_covers(each, here.hostname) for each in names):
        return Result(WARN, "name", values)
    return Result(HINT if self_signed else OK, "self_signed" if self_signed else "good", values)


def _read(path: Path) -> tuple[list[str], float, bool]:
    """Names, end and whether it is self-signed, of the first certificate of a file. Raises OSError, ValueError."""
    from cryptography import x509  # 7 MB of memory: only once somebody asks

    first = x509.load_pem_x509_certificates(path.read_bytes())[0]
    try:
        extension = first.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = [each.lower() for each in extension.value.get_values_for_type(x509.DNSName)]
    except x509.ExtensionNotFound:
        names = []
    return names, first.not_valid_after_utc.timestamp(), first.issuer == first.subject


def _covers(name: str, host: str) -> bool:
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _end(here: Surroundings, ends_at: float) -> dict[str, Value]:
    date = time.strftime("%Y-%m-%d", time.gmtime(ends_at))
    return {"days": int((ends_at - here.clock()) // DAY_S), "date": date}


def _late(here: Surroundings, ends_at: float) -> str:
    """ended, ends (soon), or ""."""
    left = ends_at - here.clock()
    return "ended" if left <= 0 else "ends" if left < SOON_DAYS * DAY_S else ""


async def https(here: Surroundings) -> Result:
    """Whether the pages are reached over https as the settings say, with a certificate that browsers take."""
    parts = urlsplit(here.config.public_url)
    host = parts.hostname or ""
    values: dict[str, Value] = {"url": here.config.public_url, "host": host}
    if parts.scheme != "https":
        setting = Remedy("setting", f"MAILAPP_PUBLIC_URL=https://{here.good_name}")
        return Result(HINT if host in ("localhost", "127.0.0.1", "::1") else WARN, "plain", values, (setting,))
    addresses = await here.lookup.addresses(host)
    if not addresses:
        return Result(BAD, "no_address", values)
    port = parts.port or here.https_port
    try:
        page = await fetch(host, addresses, f"{parts.path}/healthz", port=port, tls=here.tls)
    except NoPage as error:
        state = WARN if error.reason in ("unreachable", "timeout") else BAD
        return Result(state, error.reason, {**values, "text": error.text})
    if page.status != 200 or '"ok"' not in page.body:
        return Result(BAD, "not_us", {**values, "status": page.status})
    values |= _end(here, page.ends_at)
    late = _late(here, page.ends_at)
    return Result(WARN, late, values) if late else Result(OK, "good", values)

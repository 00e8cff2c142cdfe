"""X-Forwarded-* fields, believed only from the proxies named in the configuration."""

import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from mailapp.config import Network

Asgi = Callable[[Any, Any, Any], Awaitable[None]]
FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")
PASSED_ON = "mailapp.passed_on"
"""In the scope: whether a proxy, trusted or not, put one of FORWARDED there."""


class TrustedProxies:
    """ASGI middleware: client address, scheme and host as the nearest untrusted hop saw them."""

    def __init__(self, app: Asgi, networks: Sequence[Network]) -> None:
        self.app = app
        self.networks = tuple(networks)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = self._seen(cast(dict[str, Any], scope))
        await self.app(scope, receive, send)

    def _seen(self, scope: dict[str, Any]) -> dict[str, Any]:
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        given = {name: _last(headers, name) for name in FORWARDED}
        kept = [each for each in headers if each[0].lower() not in FORWARDED]
        scope = {**scope, "headers": kept, PASSED_ON: len(kept) < len(headers)}
        client = scope.get("client")
        if not client or not self._trusted(client[0]):
            return scope
        hops = [each.strip() for each in _all(headers, FORWARDED[0]).split(",") if each.strip()]
        # from the right: every trusted hop appended the address it saw, the first untrusted one is the client
        address = next((hop for hop in reversed(hops) if not self._trusted(hop)), hops[0] if hops else "")
        if _address(address) is not None:
            scope["client"] = (address, 0)
        if given[b"x-forwarded-proto"] in ("http", "https"):
            scope["scheme"] = given[b"x-forwarded-proto"]
        host = given[b"x-forwarded-host"]
        if host:
            others = [each for each in kept if each[0].lower() != b"host"]
            scope["headers"] = [*others, (b"host", host.encode("latin-1"))]
        return scope

    def _trusted(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(address in network for network in self.networks)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _all(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    return ",".join(value.decode("latin-1") for key, value in headers if key.lower() == name)


def _last(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    return _all(headers, name).rpartition(",")[2].strip()

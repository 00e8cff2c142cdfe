"""Who a client is, told by its IP address."""

import ipaddress


def client_key(peer: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 that one IPv6 customer usually gets."""
    if ":" not in peer:
        return peer
    try:
        address = ipaddress.IPv6Address(peer.partition("%")[0])
    except ValueError:
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(address) >> 64 << 64)) + "/64"

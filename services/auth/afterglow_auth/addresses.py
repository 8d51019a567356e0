"""The one place that says which address a request came from, and whom it believes about that."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

ONE_HOME = 64  # bits of an IPv6 address: what one connection gets; its owner chooses the rest freely


def client_network(request: Request, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The IPv4 address, or the IPv6 /64, that the request came from.

    Services listen on loopback or a private network, and the gateway replaces X-Forwarded-For. So its last entry is
    believed when the peer stands in a trusted network, and ignored from anybody else. (uvicorn does the same for
    loopback peers; where it already has, the peer is the client itself.)
    """
    peer = request.client.host if request.client else ""
    if is_within(peer, trusted):
        return network_of(request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()) or network_of(peer)
    return network_of(peer)


def is_within(host: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)


def network_of(host: str) -> str:
    """An address as back-off counts it; empty for what is none."""
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, ONE_HOME), strict=False))
    return str(address)

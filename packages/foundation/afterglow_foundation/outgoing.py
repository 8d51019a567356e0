"""Requests to an address that somebody else named: they go to machines in public, and to just what was checked.

The name is looked up once. Every address that it has must be a public one, and the connection is made to one of these
very addresses, so a name that leads elsewhere a moment later helps nobody; TLS still verifies the name. Redirects are
not followed, no proxy of the environment is asked, and of the answer only status and headers are looked at.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

TIMEOUT = httpx.Timeout(4, connect=2)
LONGEST = 8.0  # seconds, whatever is read in between
HTTPS = 443
LOOKING_UP = ThreadPoolExecutor(2, "look-up")  # a name that hangs keeps no thread from anything else
IPv4OrIPv6 = IPv4Address | IPv6Address
LookUp = Callable[[str, int], Awaitable[Sequence[str]]]

GLOBAL_UNICAST = ip_network("2000::/3")  # whatever else there may be of IPv6 is no machine in public
TRANSLATED = ip_network("64:ff9b::/96")  # an IPv4 address, for networks without any (RFC 6052)
NOT_FOR_US = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # a cloud's own, though it looks public
            "192.0.0.0/24",
            "192.88.99.0/24",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",  # an IPv4 address behind a relay
            "3fff::/20",
        ),
    )
)


class ForbiddenAddressError(Exception):
    """It leads where nobody outside may send us."""


def is_public(address: IPv4OrIPv6) -> bool:
    """Whether it is the address of one machine in public; one that holds an IPv4 address is judged by that."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address in TRANSLATED:
            return is_public(IPv4Address(address.packed[-4:]))
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in NOT_FOR_US)


def is_loopback(address: IPv4OrIPv6) -> bool:
    return ((isinstance(address, IPv6Address) and address.ipv4_mapped) or address).is_loopback


def is_allowed(address: IPv4OrIPv6, *, loopback: bool) -> bool:
    """`loopback` lets this machine be asked too, as in development."""
    return is_public(address) or (loopback and is_loopback(address))


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system's resolver gives them. Raises OSError."""
    asked = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(LOOKING_UP, asked)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@cache
def usual_trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class CheckedTransport(httpx.AsyncBaseTransport):
    """Looks a host up, checks what it finds, and connects to that. Raises ForbiddenAddressError."""

    def __init__(self, *, loopback: bool, trust: ssl.SSLContext | None = None, look_up: LookUp = look_up) -> None:
        self._loopback = loopback
        self._look_up = look_up
        self._transport = httpx.AsyncHTTPTransport(verify=trust or usual_trust(), trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        error = httpx.ConnectError("the host has no address", request=request)
        for address in await self._checked(request):
            # The Host header was made of the name, and by `sni_hostname` TLS asks for it and verifies it.
            there = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": name},
            )
            try:
                return await self._transport.handle_async_request(there)
            except httpx.ConnectError as failed:
                error = failed
        raise error

    async def _checked(self, request: httpx.Request) -> Sequence[str]:
        """The addresses of its host, if each of them is allowed."""
        try:
            found = await self._look_up(request.url.host, request.url.port or HTTPS)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError("the host is not known", request=request) from error
        if any(not is_allowed(ip_address(one), loopback=self._loopback) for one in found):
            raise ForbiddenAddressError
        return found

    async def aclose(self) -> None:
        await self._transport.aclose()


async def post(
    address: str,
    transport: httpx.AsyncBaseTransport,
    *,
    content: bytes | None = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Send bytes or a form; the answer's status and headers, of whose body nothing is read.

    Raises ForbiddenAddressError, httpx.HTTPError, and TimeoutError where it took too long as a whole.
    """
    client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, follow_redirects=False, trust_env=False)
    sending = client.stream("POST", address, content=content, data=form, headers=headers)
    async with asyncio.timeout(LONGEST), client, sending as answer:
        return answer


async def post_form(address: str, form: Mapping[str, str], transport: httpx.AsyncBaseTransport) -> int:
    """Send a form; the status of the answer. Raises what `post` does."""
    return (await post(address, transport, form=dict(form))).status_code

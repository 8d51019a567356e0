"""Addresses that somebody else named: only public machines are asked, by the name that was checked, and only once."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

import httpx
import pytest
from afterglow_foundation import outgoing
from afterglow_foundation.outgoing import CheckedTransport, ForbiddenAddressError, is_allowed, is_public, post_form

from tests.certificates import Authority

NAME = "diary.example"
INSIDE = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
]  # fmt: skip
OUTSIDE = ["9.9.9.9", "93.184.215.14", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"]


def test_only_addresses_of_machines_in_public_count():
    assert [one for one in INSIDE if is_public(ip_address(one))] == []
    assert [one for one in OUTSIDE if not is_public(ip_address(one))] == []
    loopback = {one for one in INSIDE if is_allowed(ip_address(one), loopback=True)}
    assert loopback == {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}


@dataclass
class Elsewhere:
    """A server on this machine that calls itself NAME, and the look-ups and requests that reach it."""

    authority: Authority
    answer: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    addresses: list[Sequence[str]] = field(default_factory=lambda: [["127.0.0.1"]])
    looked_up: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].partition("\r")[0])
        self.requests.append(head + (await reader.readexactly(length)).decode())
        writer.write(self.answer)
        await writer.drain()
        await reader.read()
        writer.close()

    async def look_up(self, host: str, _port: int) -> Sequence[str]:
        self.looked_up.append(host)
        return self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]

    async def post(self, name: str = NAME, *, loopback: bool = True) -> int:
        trust = ssl.create_default_context(cafile=str(self.authority.certificate))
        transport = CheckedTransport(loopback=loopback, trust=trust, look_up=self.look_up)
        return await post_form(f"https://{name}:{self.port}/out", {"word": "a b"}, transport)


@asynccontextmanager
async def serving(authority: Authority, name: str = NAME) -> AsyncIterator[Elsewhere]:
    elsewhere = Elsewhere(authority)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.sign(name))
    async with await asyncio.start_server(elsewhere.serve, "127.0.0.1", 0, ssl=context) as server:
        elsewhere.port = server.sockets[0].getsockname()[1]
        yield elsewhere


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("authority"))


async def test_it_goes_to_the_address_that_was_checked_and_tls_verifies_the_name(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
):
    for name in ("ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # would look the name up again, elsewhere
    async with serving(authority) as elsewhere:
        elsewhere.addresses = [["::1", "127.0.0.1"], ["10.0.0.1"]]  # the first of the two is not served
        assert await elsewhere.post() == 200
        assert elsewhere.looked_up == [NAME]  # a second look-up would lead inside
        (request,) = elsewhere.requests
        assert request.startswith("POST /out HTTP/1.1\r\n")
        assert f"host: {NAME}:{elsewhere.port}\r\n" in request.lower()
        assert request.endswith("word=a+b")
    async with serving(authority, "other.example") as elsewhere:
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await elsewhere.post()
        assert elsewhere.requests == []


async def test_nothing_is_sent_where_any_address_of_the_host_is_inside(authority: Authority):
    async with serving(authority) as elsewhere:
        for found in (["127.0.0.1"], ["9.9.9.9", "127.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]):
            elsewhere.addresses = [found]
            with pytest.raises(ForbiddenAddressError):
                await elsewhere.post(loopback=False)
        for name in ("127.0.0.1", "2130706433", "0x7f.1", "[::1]", "localhost"):  # as the system's resolver reads them
            there = CheckedTransport(loopback=False)
            with pytest.raises((ForbiddenAddressError, httpx.ConnectError)):
                await post_form(f"https://{name}:{elsewhere.port}/", {}, there)
        assert elsewhere.requests == []


async def test_a_redirect_is_an_answer_like_any_other(authority: Authority):
    async with serving(authority) as elsewhere:
        elsewhere.answer = b"HTTP/1.1 307 There\r\nlocation: https://diary.example/\r\ncontent-length: 0\r\n\r\n"
        assert await elsewhere.post() == 307
        assert len(elsewhere.requests) == 1


async def test_of_an_answer_without_end_nothing_is_read(authority: Authority):
    async with serving(authority) as elsewhere:
        elsewhere.answer = b"HTTP/1.1 204 Yes\r\ncontent-length: 999999999\r\n\r\n" + b"x" * 100_000
        assert await elsewhere.post() == 204


async def test_who_does_not_answer_is_left(authority: Authority, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outgoing, "LONGEST", 0.2)
    async with serving(authority) as elsewhere:
        elsewhere.answer = b"HTTP/1.1 200 OK\r\n"
        with pytest.raises(TimeoutError):
            await elsewhere.post()
    with pytest.raises(httpx.ConnectError):
        await elsewhere.post()


async def test_a_name_that_is_not_known_is_a_fault_of_the_connection():
    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    for look_up in (nowhere, outgoing.look_up):
        with pytest.raises(httpx.ConnectError):
            await post_form(f"https://{'a' * 64}.invalid/", {}, CheckedTransport(loopback=True, look_up=look_up))


async def test_a_name_that_hangs_keeps_no_thread_from_anything_else(monkeypatch: pytest.MonkeyPatch):
    """As many as the event loop's own threads, and more."""
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(60) and [])
    asked = [asyncio.create_task(outgoing.look_up("hangs.example", 443)) for _ in range(40)]
    await asyncio.sleep(0)  # they have begun
    try:
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(lambda: "done") == "done"
        assert not any(one.done() for one in asked)
    finally:
        answered.set()
    assert await asyncio.gather(*asked) == [[]] * 40

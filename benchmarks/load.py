"""A small HTTP/1.1 load generator: keep-alive connections, one request at a time on each, bounded in time."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MakeRequest = Callable[[], bytes]
CONNECTIONS = 16
HEADER_END = b"\r\n\r\n"


@dataclass
class Measured:
    """What one run gave: requests per second, and milliseconds to answer."""

    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return len(self.milliseconds) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def require(self, *allowed: int) -> "Measured":
        """Raise unless every answer had an allowed status: a rate of refusals says nothing."""
        if set(self.statuses) - set(allowed):
            raise RuntimeError(f"unexpected answers: {self.statuses}")
        return self


async def measure(url: str, make_request: MakeRequest, seconds: float, connections: int = CONNECTIONS) -> Measured:
    """Send requests for `seconds` (loopback only) and return what was measured."""
    address = urlsplit(url)
    if address.hostname not in {"localhost", "127.0.0.1"}:
        raise ValueError("load goes to loopback only")
    measured = Measured()
    started = time.perf_counter()
    senders = [send_until(address.port or 80, make_request, started + seconds, measured) for _ in range(connections)]
    await asyncio.gather(*senders)
    measured.seconds = time.perf_counter() - started
    return measured


async def send_until(port: int, make_request: MakeRequest, end: float, measured: Measured) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (begun := time.perf_counter()) < end:
        writer.write(make_request())
        status = await read_answer(reader)
        measured.milliseconds.append((time.perf_counter() - begun) * 1000)
        measured.statuses[status] = measured.statuses.get(status, 0) + 1
    writer.close()


async def read_answer(reader: asyncio.StreamReader) -> int:
    """Read one answer whole, with a length or in chunks, and return its status."""
    head = (await reader.readuntil(HEADER_END)).lower()
    status = int(head[9:12])
    if b"transfer-encoding: chunked" in head:
        await read_chunks(reader)
    elif length := content_length(head):
        await reader.readexactly(length)
    return status


def content_length(head: bytes) -> int:
    _, _, after = head.partition(b"content-length:")
    return int(after.partition(b"\r\n")[0]) if after else 0


async def read_chunks(reader: asyncio.StreamReader) -> None:
    while size := int((await reader.readline()).split(b";")[0], 16):
        await reader.readexactly(size + 2)
    await reader.readline()


def request_bytes(method: str, path: str, host: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + HEADER_END + body


def repeating(requests: list[bytes]) -> MakeRequest:
    """Serve prepared requests one after another, from the start again at the end."""

    def cycle() -> Iterator[bytes]:
        while True:
            yield from requests

    return cycle().__next__

"""A small HTTP/1.1 load generator: keep-alive connections, one request at a time on each, bounded in time."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

MakeRequest = Callable[[], bytes]
CONNECTIONS = 16
HEADER_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, its head as it came, and its body."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, as it came; empty where there is none."""
        _, _, after = self.head.lower().partition(f"\r\n{name}: ".encode())
        start = len(self.head) - len(after)
        return self.head[start:].partition(b"\r\n")[0].decode() if after else ""


class Sender(Protocol):
    """What one connection sends: a request, and after its answer the next one."""

    def request(self) -> bytes: ...

    def answered(self, answer: Answer) -> bool:
        """Whether a unit of work is done with this answer: its time ends here, and the next one's begins."""
        ...


@dataclass(frozen=True)
class Alike:
    """Requests that do not depend on answers; each is a unit of its own."""

    make: MakeRequest

    def request(self) -> bytes:
        return self.make()

    def answered(self, _answer: Answer) -> bool:
        return True


@dataclass
class Measured:
    """What one run gave: units per second, and milliseconds for each."""

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

    def add(self, once: "Measured") -> None:
        """Take another round's figures in."""
        self.seconds += once.seconds
        self.milliseconds += once.milliseconds


async def measure(
    url: str, new_sender: Callable[[], Sender], seconds: float, connections: int = CONNECTIONS
) -> Measured:
    """Send for `seconds` (loopback only), each connection with a sender of its own, and return what was measured."""
    measured = Measured()
    port = loopback_port(url)
    senders = [new_sender() for _ in range(connections)]
    started = time.perf_counter()
    await asyncio.gather(*(send_until(port, sender, started + seconds, measured) for sender in senders))
    measured.seconds = time.perf_counter() - started
    return measured


def loopback_port(url: str) -> int:
    """The port of an address on this machine. Raises ValueError for any other."""
    address = urlsplit(url)
    if address.hostname not in {"localhost", "127.0.0.1"}:
        raise ValueError("load goes to loopback only")
    return address.port or 80


async def send_until(port: int, sender: Sender, end: float, measured: Measured) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun = time.perf_counter()
    while begun < end:
        writer.write(sender.request())
        answer = await read_answer(reader)
        measured.statuses[answer.status] = measured.statuses.get(answer.status, 0) + 1
        if sender.answered(answer):
            measured.milliseconds.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
    writer.close()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer whole, with a length or in chunks."""
    head = await reader.readuntil(HEADER_END)
    plain = head.lower()
    body = b""
    if b"transfer-encoding: chunked" in plain:
        body = await read_chunks(reader)
    elif length := content_length(plain):
        body = await reader.readexactly(length)
    return Answer(int(head[9:12]), head, body)


def content_length(head: bytes) -> int:
    _, _, after = head.partition(b"content-length:")
    return int(after.partition(b"\r\n")[0]) if after else 0


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body


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

"""A real Caddy on deploy/Caddyfile, and servers that answer with what they were sent."""

import http.server
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from afterglow_operator import caddy

ROOT = Path(__file__).parents[2]
CADDYFILE = ROOT / "deploy/Caddyfile"
SERVICES = ("auth", "portal", "messaging", "web")


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the service's name and the request as it arrived; also tries to set a cookie and headers."""

    protocol_version = "HTTP/1.1"
    service = "?"

    def answer(self) -> None:
        body = self.body()
        if self.path in {"/live", "/api/messaging/events"}:
            self.stream()
            return
        seen = {
            "service": self.service,
            "method": self.command,
            "path": self.path,
            "headers": self.headers.items(),
            "length": len(body),
            "padding": "compressible " * 100,
        }
        content = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", f"{self.service}=1; Path=/")
        self.send_header("Server", "echo")
        self.send_header("DPoP-Nonce", "of this moment")
        self.send_header("Cross-Origin-Opener-Policy", "unsafe-none")
        if self.path.startswith("/page"):
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815  # the base class's names

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content = b""
        while size := int(self.rfile.readline() or b"0", 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        return content

    def stream(self) -> None:
        """Two events, the second only when the test has read the first (or gave up)."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.wfile.flush()
        time.sleep(5.0)
        self.wfile.write(b"data: second\n\n")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def echo(service: str, port: int) -> Iterator[None]:
    handler = type(f"Echo{service}", (Echo,), {"service": service})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Gateway:
    """A running Caddy: its port, where its log goes, and how to ask it."""

    port: int
    log: Path
    scheme: str = "http"
    trust: ssl.SSLContext | bool = True
    headers: dict[str, str] = field(default_factory=dict)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"{self.scheme}://localhost:{self.port}", verify=self.trust, timeout=30)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        with self.client() as client:
            return client.request(method, path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def wait_for_certificate(self) -> None:
        """Caddy listens before its authority has signed; until then a handshake fails."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.get("/internal")
            except httpx.ConnectError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def seen(self, path: str, headers: Any = None, method: str = "GET") -> dict[str, Any]:
        """What the service behind `path` received; header names in lower case, one list per name."""
        found: dict[str, Any] = self.ask(method, path, headers=headers).json()
        arrived: dict[str, list[str]] = {}
        for name, value in found["headers"]:
            arrived.setdefault(name.lower(), []).append(value)
        return {**found, "headers": arrived}

    def raw(self, data: bytes, patience: float = 15.0) -> bytes:
        """Send bytes as they are over a plain connection, and return all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as connection:
            connection.sendall(data)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer


def environment(folder: Path, port: int, ports: Mapping[str, int], **changes: str) -> dict[str, str]:
    settings = {
        "AFTERGLOW_BASE_URL": f"http://localhost:{port}",
        "AFTERGLOW_GATEWAY_HOST": "localhost",
        "AFTERGLOW_GATEWAY_SCHEME": "http",
        "AFTERGLOW_GATEWAY_PORT": str(port),
        "AFTERGLOW_GATEWAY_TLS": "plain",
        "AFTERGLOW_GATEWAY_COOKIES": "",
        "AFTERGLOW_GATEWAY_STORAGE": str(folder / "storage"),
        "AFTERGLOW_GATEWAY_PAGES": str(ROOT / "deploy/gateway"),
        **{f"AFTERGLOW_{name.upper()}_UPSTREAM": f"127.0.0.1 {number}" for name, number in ports.items()},
        **changes,
    }
    return {"PATH": os.environ["PATH"], "HOME": str(folder), **settings}


@contextmanager
def running_caddy(settings: Mapping[str, str], log: Path, config: Path = CADDYFILE) -> Iterator[None]:
    port = int(settings["AFTERGLOW_GATEWAY_PORT"])
    with log.open("wb") as output:
        process = subprocess.Popen(
            [caddy.program(), "run", "--adapter", "caddyfile", "--config", config],
            env=dict(settings),
            stdout=output,
            stderr=output,
        )
        try:
            wait_listening(port, process, log)
            yield
        finally:
            process.terminate()
            process.wait(10)


def wait_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(log.read_text())

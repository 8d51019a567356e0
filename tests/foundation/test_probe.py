"""A container's health check."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from afterglow_foundation.probe import PORT, is_ready
from afterglow_foundation.serving import PORT as SERVED
from afterglow_operator.ports import free_ports


@contextmanager
def answering(status: int) -> Iterator[int]:
    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class's name
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False), (404, False), (500, False)])
def test_only_a_ready_service_is_healthy(status: int, ready: bool) -> None:
    with answering(status) as port:
        assert is_ready(port) is ready


def test_a_service_that_does_not_listen_is_not() -> None:
    (port,) = free_ports(1)
    assert is_ready(port) is False


def test_it_asks_where_services_listen_and_imports_little() -> None:
    assert PORT == SERVED
    command = [sys.executable, "-c", "import afterglow_foundation.probe, sys; print('uvicorn' in sys.modules)"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"

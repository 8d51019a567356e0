"""Gateways in the forms the tests need."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from afterglow_operator.ports import free_ports

from tests.deploy.gateways import SERVICES, Gateway, echo, environment, running_caddy


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The demonstration's form: plain HTTP on http://localhost, all four services up."""
    folder = tmp_path_factory.mktemp("gateway")
    port, *upstreams = free_ports(5)
    ports = dict(zip(SERVICES, upstreams, strict=True))
    with ExitStack() as stack:
        for service, number in ports.items():
            stack.enter_context(echo(service, number))
        stack.enter_context(running_caddy(environment(folder, port, ports), folder / "log"))
        yield Gateway(port, folder / "log")


@pytest.fixture(scope="module")
def tls_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """HTTPS with Caddy's own authority, cookies with `__Host-`, as in production."""
    folder = tmp_path_factory.mktemp("tls-gateway")
    port, *upstreams = free_ports(5)
    ports = dict(zip(SERVICES, upstreams, strict=True))
    settings = environment(
        folder,
        port,
        ports,
        AFTERGLOW_GATEWAY_TLS="internal",
        AFTERGLOW_GATEWAY_SCHEME="https",
        AFTERGLOW_GATEWAY_COOKIES="__Host-",
        AFTERGLOW_BASE_URL=f"https://localhost:{port}",
    )
    with ExitStack() as stack:
        for service, number in ports.items():
            stack.enter_context(echo(service, number))
        stack.enter_context(running_caddy(settings, folder / "log"))
        authority = folder / "storage/pki/authorities/local/root.crt"
        trust = ssl.create_default_context(cafile=str(authority))
        ready = Gateway(port, folder / "log", "https", trust)
        ready.wait_for_certificate()
        yield ready


@pytest.fixture(scope="module")
def lonely_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway behind which nothing answers."""
    folder = tmp_path_factory.mktemp("lonely-gateway")
    port, *upstreams = free_ports(5)
    ports = dict(zip(SERVICES, upstreams, strict=True))
    with running_caddy(environment(folder, port, ports), folder / "log"):
        yield Gateway(port, folder / "log")

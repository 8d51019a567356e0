"""Messaging as processes of their own, two behind one gateway, each of which can be killed.

`python -m tests.messaging.replicas` is one: what it needs comes over its standard input.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from afterglow_foundation.testing.people import TestIssuer
from afterglow_foundation.tokens import KeyCache
from afterglow_messaging.main import create
from afterglow_messaging.settings import Settings
from afterglow_operator.ports import free_ports
from joserfc.jwk import KeySet

from tests.deploy.gateways import CADDYFILE, ROOT, SERVICES, environment, running_caddy

ADDRESSES = ("127.0.0.1", "127.0.0.2")  # one port, as two containers of one name have it
ONE_ADDRESS = """
		dynamic a {
			name {args[0]}
			port {args[1]}
			refresh 1s
		}
"""
SOON = 90.0


@dataclass
class Replica:
    host: str
    port: int
    given: dict[str, Any]
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, host: str, port: int, given: dict[str, Any]) -> "Replica":
        process = subprocess.Popen([sys.executable, "-m", "tests.messaging.replicas"], stdin=subprocess.PIPE, cwd=ROOT)
        assert process.stdin
        process.stdin.write(json.dumps({**given, "host": host, "port": port}).encode())
        process.stdin.close()
        return cls(host, port, given, process)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def wait_ready(self) -> None:
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "it ended by itself"
            try:
                httpx.get(f"{self.url}/livez", timeout=2)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("it never answered")

    def kill(self) -> None:
        """As `kill -9` does it."""
        self.process.kill()
        self.process.wait(SOON)

    def start_again(self) -> None:
        self.process = Replica.start(self.host, self.port, self.given).process
        self.wait_ready()


@dataclass(frozen=True)
class Behind:
    """A gateway and the replicas behind it."""

    url: str
    replicas: tuple[Replica, Replica]


@contextmanager
def two_behind_caddy(values: dict[str, Any], issuer: TestIssuer, folder: Path) -> Iterator[Behind]:
    """Start everything; `values` are the service's settings. The gateway's file is ours but for how names are found."""
    port, own_port = free_ports(2)
    given = {"values": values, "key": issuer.key.as_dict(private=False)}
    with ExitStack() as stack:
        replicas = [Replica.start(host, own_port, given) for host in ADDRESSES]
        for replica in replicas:
            stack.callback(replica.kill)
        for replica in replicas:
            replica.wait_ready()
        upstreams = dict.fromkeys(SERVICES, 1) | {"messaging": own_port}
        config = folder / "Caddyfile"
        config.write_text(with_two_addresses(CADDYFILE.read_text()))
        stack.enter_context(running_caddy(environment(folder, port, upstreams), folder / "caddy.log", config))
        yield Behind(f"http://localhost:{port}", (replicas[0], replicas[1]))


def with_two_addresses(caddyfile: str) -> str:
    """Every name has two addresses: what a resolver says where there are two containers, without a resolver."""
    assert caddyfile.count(ONE_ADDRESS) == 1
    each = [ONE_ADDRESS.replace("dynamic a", "a").replace("{args[0]}", address) for address in ADDRESSES]
    return caddyfile.replace(ONE_ADDRESS, "\n\t\tdynamic multi {" + "".join(each) + "\t\t}\n")


def main() -> None:
    """Serve until killed."""
    given = json.load(sys.stdin)

    async def fetch() -> KeySet:
        return KeySet.import_key_set({"keys": [given["key"]]})

    app = create(Settings(**given["values"]), keys=KeyCache(fetch))
    app.state.feed = None  # there is no auth here to hear from
    uvicorn.run(app, host=given["host"], port=given["port"], log_config=None)


if __name__ == "__main__":
    main()

"""The system under test: a demonstration of its own, and beside it the bare app behind the same gateway file."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from afterglow_operator import caddy, tether
from afterglow_operator.demo.installation import Installation
from afterglow_operator.demo.plan import CADDYFILE, Plan
from afterglow_operator.ports import free_ports

PATIENCE = 30


@dataclass
class System:
    """A running demonstration with addresses for the load."""

    var: Path
    port: int

    def command(self, name: str, *arguments: str) -> float:
        """Run `afterglow` and return the seconds it took."""
        started = time.perf_counter()
        words = [sys.executable, "-m", "afterglow_operator.main", name, "--var", str(self.var), *arguments]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own program
        return time.perf_counter() - started

    def start(self) -> float:
        return self.command("demo", "--detach", "--port", str(self.port))

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def running(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.var / "running.json").read_text())
        return document

    def accounts(self, role: str) -> list[dict[str, str]]:
        accounts: list[dict[str, str]] = json.loads((self.var / "demo.json").read_text())["accounts"]
        return [account for account in accounts if account["role"] == role]

    def account(self, role: str, number: int = 0) -> dict[str, str]:
        return self.accounts(role)[number]

    def address(self, program: str) -> str:
        """The program's own address, past the gateway."""
        return f"http://127.0.0.1:{listening_port(self.running['processes'][program])}"

    def secret(self, service: str, name: str) -> str:
        return (Installation(self.var).secrets(service) / name).read_text()

    def database_url(self) -> str:
        password = (Installation(self.var).data / "password").read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{listening_port(self.running['processes']['postgres'])}/postgres"


def listening_port(pid: int) -> int:
    connections = psutil.Process(pid).net_connections(kind="tcp")
    return next(each.laddr.port for each in connections if each.status == psutil.CONN_LISTEN)


@contextmanager
def temporary_system() -> Iterator[System]:
    """A system in a folder of its own; stopped and deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="afterglow-bench-"))
    system = System(folder / "var", free_ports(1)[0])
    try:
        yield system
    finally:
        system.command("stop")
        Installation(system.var).reset()
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Bare:
    """The bare app's addresses: alone, and behind a gateway from the same file."""

    alone: str
    gateway: str


@contextmanager
def bare_beside(system: System) -> Iterator[Bare]:
    """Run benchmarks/bare.py on the system's own PostgreSQL, alone and behind a second Caddy."""
    port, gateway_port = free_ports(2)
    installation = Installation(system.var / "bare")
    installation.prepare()
    plan = Plan(installation, gateway_port)
    plan.ports["portal"] = port
    application = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.bare:create", "--port", str(port)]
    application += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    environment = {**os.environ, "BARE_DATABASE_URL": system.database_url()}
    gateway = [caddy.program(), "run", "--config", CADDYFILE, "--adapter", "caddyfile"]
    with ExitStack() as stack, (installation.logs / "bare.log").open("ab") as log:
        for command, variables in ((application, environment), (gateway, plan.gateway_environment())):
            process = tether.start(command, log=log, environment=variables, on_parent_death=signal.SIGTERM)
            stack.callback(tether.end, process)
        bare = Bare(f"http://127.0.0.1:{port}", plan.base_url)
        wait_for(f"{bare.gateway}/api/portal/nothing")
        yield bare
    Installation(system.var / "bare").reset()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=1).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError(url)

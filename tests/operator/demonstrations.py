"""A real demonstration in a folder of its own, driven by the command as a person would."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from afterglow_operator.ports import free_ports


@dataclass
class Demonstration:
    """Runs `afterglow` with a `var` of its own, on a port of its own."""

    var: Path
    port: int

    @classmethod
    def new(cls, folder: Path) -> "Demonstration":
        return cls(folder / "var", free_ports(1)[0])

    def command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "afterglow_operator.main", name, *arguments, "--var", str(self.var)]

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(name, *arguments), capture_output=True, text=True, timeout=240, check=False)

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Start detached, and return once the command does."""
        return self.run("demo", "--detach", "--port", str(self.port), *arguments)

    def stop(self) -> subprocess.CompletedProcess[str]:
        return self.run("stop")

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.var / "demo.json").read_text())
        return found

    @property
    def running(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.var / "running.json").read_text())
        return found

    def family(self) -> list[psutil.Process]:
        """The supervisor and every process below it."""
        supervisor = psutil.Process(self.running["pid"])
        return [supervisor, *supervisor.children(recursive=True)]

    def is_healthy(self) -> bool:
        try:
            return httpx.get(f"http://localhost:{self.port}/healthz", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


def eventually(holds: Callable[[], bool], within: float = 60.0) -> bool:
    """Whether it holds before the time is over."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)

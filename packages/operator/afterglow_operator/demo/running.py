"""One demonstration at a time in a checkout: the lock, who holds it, and ending it."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from afterglow_operator.demo.installation import Installation
from afterglow_operator.errors import OperatorError

PATIENCE = 20.0


@contextmanager
def exclusively(installation: Installation) -> Iterator[None]:
    """Hold the lock; it goes with the process, however that ends. OperatorError when somebody else holds it."""
    with installation.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperatorError(f"The demonstration is running already{where(installation)}.") from None
        try:
            yield
        finally:
            installation.running.unlink(missing_ok=True)


def where(installation: Installation) -> str:
    found = read(installation)
    return f" at {found['base_url']} (`make stop` ends it)" if found else ""


def note(installation: Installation, base_url: str, processes: dict[str, int], ports: dict[str, int]) -> None:
    """Say who runs and where, for whoever finds the lock held and for the operator's commands."""
    document = {"pid": os.getpid(), "base_url": base_url, "processes": processes, "ports": ports}
    unfinished = installation.running.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(document))
    unfinished.replace(installation.running)


def read(installation: Installation) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = json.loads(installation.running.read_text())
    except (OSError, ValueError):
        return None
    return document


def is_held(installation: Installation) -> bool:
    """Whether a demonstration of this checkout runs."""
    if not installation.lock.exists():
        return False
    with installation.lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def stop(installation: Installation) -> bool:
    """End the running demonstration and wait for it; False when none runs."""
    found = read(installation)
    if not is_held(installation) or found is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(int(found["pid"]), signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while is_held(installation):
        if time.monotonic() > deadline:
            raise OperatorError(f"The demonstration (process {found['pid']}) does not end; see var/log.")
        time.sleep(0.05)
    return True

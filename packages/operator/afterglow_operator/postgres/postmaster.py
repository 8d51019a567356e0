"""What PostgreSQL's own files say of a running server: its process, whether it is ready, why it is not."""

import os
import signal
import subprocess
import time
from pathlib import Path

# postmaster.pid: process, folder, start, port, socket folder, address, shared memory, state
READY_LINE = 7
PASSING = (
    "lock file",
    "pre-existing shared memory block",
    "could not bind",
    "is being used by another process",
)


def wait_ready(pgdata: Path, process: subprocess.Popen[bytes], patience: float) -> bool:
    """Wait until the server answers; False when it ended or `patience` (seconds) ran out."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        lines = _lines(pgdata)
        if len(lines) > READY_LINE and lines[0] == str(process.pid) and lines[READY_LINE].startswith("ready"):
            return True
        time.sleep(0.01)
    return False


def end_orphan(pgdata: Path) -> None:
    """End a server that still runs on this data folder without its supervisor, gently, then by force."""
    for asked, patience in ((signal.SIGINT, 5.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0)):
        process = _running_on(pgdata)
        if process is None:
            return
        os.kill(process, asked)
        _wait_gone(pgdata, patience)


def reason(log: Path, start: int) -> str:
    """Return the first complaint that the server wrote to `log` after byte `start`."""
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    for mark in ("FATAL:", "PANIC:", "ERROR:", "postgres:"):
        for line in text.splitlines():
            if mark in line:
                return line.split(mark, 1)[1].strip()
    return "it gave no reason"


def passes_by_itself(complaint: str) -> bool:
    """Say whether the complaint is about remains of a killed server that will be gone in a moment."""
    return any(words in complaint for words in PASSING)


def _lines(pgdata: Path) -> list[str]:
    try:
        return (pgdata / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _running_on(pgdata: Path) -> int | None:
    """Return the server on this folder; a number that another program got since does not count."""
    lines = _lines(pgdata)
    if not lines or not lines[0].isdigit():
        return None
    process = int(lines[0])
    try:
        # The server's working folder is its data folder.
        same = Path(f"/proc/{process}/cwd").samefile(pgdata)
    except OSError:
        return None
    return process if same else None


def _wait_gone(pgdata: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and _running_on(pgdata) is not None:
        time.sleep(0.02)

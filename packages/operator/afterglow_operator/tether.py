"""Child processes that cannot outlive us, whatever ends us, `kill -9` included.

Linux sends a child the signal it asked for (`PR_SET_PDEATHSIG`) when the thread that started it ends, so
start children from the main thread. Elsewhere children are ended only on an orderly stop.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """An unprivileged user of this machine that a child runs as."""

    uid: int
    gid: int


def start(
    command: Sequence[str | Path],
    *,
    log: IO[bytes] | int,
    environment: Mapping[str, str],
    on_parent_death: signal.Signals = signal.SIGKILL,
    account: Account | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own; both its outputs go to `log`; it dies with us."""
    return subprocess.Popen(  # noqa: S603  # the command is ours, never a person's
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=folder,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_tie_to_parent(on_parent_death),  # noqa: PLW1509  # one system call, loaded before the fork
    )


def _tie_to_parent(on_death: signal.Signals) -> Callable[[], None]:
    """Return what the child runs before exec, after it dropped its privileges (dropping clears the tie)."""
    parent = os.getpid()

    def tie() -> None:
        die_with_parent(on_death)
        if os.getppid() != parent:  # the parent died before the tie was made
            os._exit(1)

    return tie


def die_with_parent(how: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send us `how` when the thread that started us ends; only Linux can."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, how.value, 0, 0, 0)


def end(process: subprocess.Popen[bytes], gently: signal.Signals = signal.SIGTERM, patience: float = 5.0) -> None:
    """Ask the process to end, wait `patience` seconds, then kill its whole group."""
    if process.poll() is None:
        process.send_signal(gently)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            kill_group(process)
    process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and whatever it started; the group bears its leader's id."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return

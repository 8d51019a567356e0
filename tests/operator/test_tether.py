"""Children end with us, gently or not, and take what they started along."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from afterglow_operator import tether

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN_PROGRAM = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = [sys.executable, "-c", STUBBORN_PROGRAM]
PARENT = """
import subprocess, sys, time
from afterglow_operator import tether
child = tether.start([sys.executable, "-c", "import time; time.sleep(60)"], log=subprocess.DEVNULL, environment={})
print(child.pid, flush=True)
time.sleep(60)
"""


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool], patience: float = 10.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        process = tether.start(command, log=output, environment={"PATH": os.defpath})
    wait_until(lambda: log.read_text() != "")
    return process


def test_a_child_leads_a_group_of_its_own(tmp_path: Path) -> None:
    process = start(SLEEP, tmp_path / "log")
    assert os.getpgid(process.pid) == process.pid != os.getpgrp()
    tether.end(process)
    assert process.returncode == -signal.SIGTERM


def test_a_stubborn_child_is_killed_with_what_it_started(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start(STUBBORN, log)
    grandchild = int(log.read_text())
    tether.end(process, patience=0.2)
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not runs(grandchild))


def test_ending_what_has_ended_is_harmless(tmp_path: Path) -> None:
    process = start(SLEEP, tmp_path / "log")
    process.kill()
    process.wait()
    tether.end(process)
    tether.kill_group(process)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_when_its_parent_does(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert runs(child)
        parent.send_signal(how)
    wait_until(lambda: not runs(child))


def test_a_child_sees_only_the_environment_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    log = tmp_path / "log"
    command = [sys.executable, "-c", "import os; print(sorted(name for name in os.environ if name != 'LC_CTYPE'))"]
    process = start(command, log)
    process.wait(10)
    assert log.read_text().strip() == "['PATH']"

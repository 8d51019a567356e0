"""Node.js as a child process: what the tests try of npm's, each a script that reads and writes lines of JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Script:
    """A script that runs."""

    process: subprocess.Popen[str]

    def tell(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def said(self) -> Iterator[dict[str, Any]]:
        """What it says, until it ends."""
        assert self.process.stdout
        for line in self.process.stdout:
            yield dict(json.loads(line))


@contextmanager
def running(script: Path, settings: Mapping[str, Any], **environment: str) -> Iterator[Script]:
    """Told its settings, and ended in the end. Node.js is the path's, else the one installed beside this Python."""
    path = f"{os.environ['PATH']}:{Path(sys.executable).parent}"
    process = subprocess.Popen(
        ["node", script.name],
        cwd=script.parent,
        env={**os.environ, "PATH": path, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        started = Script(process)
        started.tell(json.dumps(settings))
        yield started
    finally:
        process.kill()
        process.communicate()

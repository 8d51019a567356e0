"""`DETACH=1`: start the supervisor on its own and return once it says that all is healthy."""

import os
import subprocess
import sys
from collections.abc import Sequence

from afterglow_operator.demo.installation import Installation
from afterglow_operator.errors import OperatorError

REPORT = "AFTERGLOW_REPORT_TO"
READY = "ready"


def start(installation: Installation, arguments: Sequence[str]) -> None:
    """Run `afterglow demo` with `arguments` in the background; OperatorError with its reason if it fails."""
    reading, writing = os.pipe()
    with (installation.logs / "supervisor.log").open("ab") as log, os.fdopen(reading) as report:
        subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "afterglow_operator.main", "demo", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, REPORT: str(writing)},
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)
        said = report.read().strip()
    if said != READY:
        raise OperatorError(said or "The demonstration ended while it started; var/log/supervisor.log says why.")


def is_detached() -> bool:
    """Whether somebody waits for our report, and reads the accounts there: no log needs their passwords."""
    return REPORT in os.environ


def report(sentence: str) -> None:
    """Tell whoever detached us: READY, or why it failed. Harmless where nobody waits."""
    descriptor = os.environ.pop(REPORT, None)
    if descriptor is not None:
        with os.fdopen(int(descriptor), "w") as pipe:
            pipe.write(sentence)

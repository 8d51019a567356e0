"""The long form of the tests that have one: `AFTERGLOW_ASSURANCE=1` lets each run at full size.

`make assurance` runs these alone, one file after the other, and says what each has counted; of all of them
`docs/assurance.md` keeps the record. `ONLY=faults` runs those whose path has this in it, and keeps none.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.console import Console

LONG = os.environ.get("AFTERGLOW_ASSURANCE") == "1"
RACES = 200 if LONG else 20  # rounds of twenty at once for what tokens hang on: a tenth in every run, never none
PATIENCE = 600  # seconds that such a race may take at full size on a machine that is busy
AT_FULL_SIZE = {"AFTERGLOW_ASSURANCE": "1", "AFTERGLOW_ROUNDS": "25"}
ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs/assurance.md"
PROOFS = (
    "tests/faults/test_kills.py",
    "tests/messaging/test_state_machine.py",
    "tests/messaging/care_teams/test_state_machine.py",
    "tests/messaging/test_messages_races.py",
    "tests/messaging/test_messages_updates.py",
    "tests/auth/oauth/test_codes.py",
    "tests/auth/oauth/test_dpop.py",
    "tests/auth/oauth/test_pushed_requests.py",
    "tests/auth/oauth/test_refresh.py",
    "tests/journeys/test_revocation.py",
    "tests/security/test_schemathesis.py",
)
console = Console()


@dataclass(frozen=True)
class Outcome:
    """What one file came to. A file that could not even be collected has a failure and no test."""

    path: str
    tests: int
    failures: int
    skipped: int
    seconds: float
    counted: list[str]

    @classmethod
    def read(cls, path: str, report: Path, seconds: float) -> "Outcome":
        if not report.exists():
            return cls(path, 0, 1, 0, seconds, [])
        suites = list(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314  # pytest wrote it just now
        tests, failures, errors, skipped = (
            sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
        )
        found = [one.get("value", "") for suite in suites for one in suite.iter("property") if is_count(one)]
        return cls(path, tests, failures + errors, skipped, seconds, sorted(set(found)))

    def __str__(self) -> str:
        passed = self.tests - self.failures - self.skipped
        told = f"{passed} passed, {self.failures} failed, {self.skipped} skipped in {self.seconds:.0f} s"
        return "\n".join([f"- `{self.path}`: {told}", *(f"  - {line}" for line in self.counted)])


def is_count(found: ET.Element) -> bool:
    return found.get("name") == "counted"


def prove(path: str) -> Outcome:
    """Run one file at full size; what pytest says of it is shown as it comes."""
    with tempfile.TemporaryDirectory() as folder:
        report, begun = Path(folder) / "report.xml", time.monotonic()
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "0",
            "-q",
            path,
            f"--junitxml={report}",
            "-o",
            "junit_family=xunit1",
        ]
        subprocess.run(command, cwd=ROOT, env=os.environ | AT_FULL_SIZE, check=False)
        return Outcome.read(path, report, time.monotonic() - begun)


def keep(outcomes: list[Outcome]) -> None:
    """Write the record, failures and all."""
    when = f"{datetime.now(UTC):%-d %B %Y}"
    head = (
        f"# What `make assurance` counted\n\nOn {when}, on {os.cpu_count()} cores; every number is of this one run.\n"
    )
    RECORD.write_text(head + "\n" + "\n".join(map(str, outcomes)) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="files whose path has this in it")
    only = parser.parse_args().only
    outcomes = [prove(path) for path in PROOFS if only in path]
    for outcome in outcomes:
        console.print(str(outcome), markup=False, highlight=False, soft_wrap=True)
    if not only:
        keep(outcomes)
    sys.exit(not outcomes or any(outcome.failures for outcome in outcomes))


if __name__ == "__main__":
    main()

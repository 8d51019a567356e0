"""What has a long form is run by `make assurance`, which says honestly what came of it."""

import re
from pathlib import Path

from tests.assurance import PROOFS, ROOT, Outcome

USES_A_LONG_FORM = re.compile(r"^from tests\.assurance import .*\b(?:LONG|RACES)\b", re.MULTILINE)
REPORT = """<testsuites><testsuite tests="4" failures="1" errors="1" skipped="1">
  <testcase name="one"><properties><property name="counted" value="faults: 9 kills"/></properties></testcase>
  <testcase name="other"><properties><property name="speed" value="3"/></properties></testcase>
</testsuite></testsuites>"""


def test_every_test_with_a_long_form_is_a_proof() -> None:
    files = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    long = {path for path, words in files.items() if USES_A_LONG_FORM.search(words)}
    assert len(long) > 5
    assert long <= set(PROOFS) <= set(files)


def test_an_outcome_counts_failures_and_says_what_was_counted(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    told = str(Outcome.read("tests/faults", report, 7.4))
    assert told == "- `tests/faults`: 1 passed, 2 failed, 1 skipped in 7 s\n  - faults: 9 kills"


def test_a_file_that_could_not_be_run_has_failed(tmp_path: Path) -> None:
    assert Outcome.read("tests/faults", tmp_path / "none.xml", 1).failures == 1

"""docs/conformance.md names every module once, and says of each what its test here shows."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[2]
FOLDERS = (TESTS / "auth/conformance", TESTS / "web/conformance", TESTS / "portal/people/conformance")
DOCUMENT = TESTS.parent / "docs/conformance.md"
PLAN = re.compile(
    r"^## (?P<name>[^\n]+): (?P<modules>\d+) modules?\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
ROW = re.compile(r"^\| `(?P<module>[^`]+)` \| (?:`(?P<test>\w+)` )?\| (?P<outcome>.+) \|$", re.MULTILINE)
TESTED, UNTESTED = ("green", "in part"), ("not offered", "asked above")


class Row(NamedTuple):
    plan: str
    module: str
    test: str | None
    outcome: str


def rows() -> list[Row]:
    return [
        Row(plan["name"], row["module"], row["test"], row["outcome"])
        for plan in PLAN.finditer(DOCUMENT.read_text())
        for row in ROW.finditer(plan["text"])
    ]


def ported() -> set[str]:
    """Names of the tests of these folders, but for this file's."""
    return {
        node.name
        for folder in FOLDERS
        for path in folder.glob("test_*.py")
        if path != Path(__file__)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_plan_has_as_many_modules_as_it_says_and_none_is_named_twice():
    found, plans = rows(), list(PLAN.finditer(DOCUMENT.read_text()))
    assert plans
    for plan in plans:
        assert sum(row.plan == plan["name"] for row in found) == int(plan["modules"]), plan["name"]
    assert len({row.module for row in found}) == len(found)


def test_every_test_is_named_after_its_module_and_in_the_document():
    for row in rows():
        assert row.test in {None, f"test_{row.module.replace('-', '_').lower()}"}
    assert {row.test for row in rows()} - {None} == ported()


def test_whatever_has_no_test_has_its_reason():
    for row in rows():
        assert row.outcome.startswith(TESTED if row.test else UNTESTED), row


def test_it_says_how_many_are_green(record_property: Callable[[str, object], None]):
    found = rows()
    green = [row for row in found if row.outcome.startswith("green")]
    partly = [row for row in found if row.outcome.startswith("in part")]
    assert green
    record_property("counted", f"OpenID modules: {len(green)} of {len(found)} green, {len(partly)} in part")

"""Habits of STYLE.md that a reader should not have to check by eye."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = ("auth", "messaging", "portal", "web")
REASONLESS = ("# noqa", "# type: ignore")


def sources(root: Path, *folders: str) -> list[Path]:
    return [path for folder in folders for path in (root / folder).rglob("*.py") if "node_modules" not in path.parts]


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def test_features_never_commit(root: Path):
    """One commit at the edge: `unit_of_work`, and `single_statement` for the named hot paths."""
    files = sources(root, "services")
    assert len(files) > 40
    committing = [
        path
        for path in files
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]
    assert committing == []


def test_foundation_has_no_table(root: Path):
    tables = [
        path
        for path in sources(root, "packages/foundation")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and any(keyword.arg == "table" for keyword in node.keywords)
    ]
    assert tables == []


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_the_same_few_files(root: Path, service: str):
    package = root / "services" / service / f"afterglow_{service}"
    expected = ["main.py", "settings.py", "permissions.py", "migrations/env.py", "migrations/script.py.mako"]
    assert [name for name in expected if not (package / name).is_file()] == []


@pytest.mark.parametrize("marker", REASONLESS)
def test_nothing_is_silenced_without_its_reason(root: Path, marker: str):
    """A silenced check reads `# noqa: RULE  # because …`."""
    silent = [
        f"{path}:{number}"
        for path in sources(root, "packages", "services", "tests", "benchmarks")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if f"  {marker}" in line and "#" not in line.split(f"  {marker}", 1)[1]
    ]
    assert silent == []


@pytest.mark.parametrize("forbidden", ["authlib.jose", "AUTHLIB_INSECURE_TRANSPORT"])
def test_what_the_security_rules_forbid_is_nowhere(root: Path, forbidden: str):
    named = [path for path in sources(root, "packages", "services") if forbidden in path.read_text()]
    assert named == []


def test_rooms_are_not_named_after_nothing(root: Path):
    vague = {"common", "helpers", "manager", "misc", "utils"}
    assert [path for path in sources(root, "packages", "services", "tests") if path.stem in vague] == []

"""What each file of a room is for: tables in `models.py`, HTTP alone where routes are, SQL behind both."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

STATEMENTS = {"select", "insert", "update", "delete", "text", "exists"}
SQL = {"sqlalchemy", "sqlmodel"}
WEB = {"fastapi", "starlette"}


def modules(root: Path, pattern: str) -> list[Path]:
    found = sorted((root / "services").rglob(pattern))
    return [path for path in found if not {"migrations", "node_modules"} & set(path.parts)]


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Each imported module with the name taken from it, or an empty one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def top(module: str) -> str:
    return module.partition(".")[0]


def has_routes(path: Path) -> bool:
    """Whether the module makes a router: `APIRouter(…)`, or `room(…)` as the APIs name theirs."""
    names = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return bool(names & {"APIRouter", "room"})


def test_routes_write_no_sql(root: Path):
    """They may hand a session on; what is asked of the database stands in a room's other files."""
    routers = [path for path in modules(root, "*.py") if has_routes(path)]
    assert len(routers) > 12
    writing = [
        f"{path.relative_to(root)}: {name}"
        for path in routers
        for module, name in imports(path)
        if top(module) in SQL and name in STATEMENTS
    ]
    assert writing == []


def test_routes_are_nobodys_library(root: Path):
    """What two rooms need stands elsewhere: only a service's `main.py` takes a router."""
    borrowed = [
        f"{path.relative_to(root)}: {module}"
        for path in modules(root, "*.py")
        for module, name in imports(path)
        if path.name != "main.py" and "router" in {name, name.removesuffix("_router")}
    ]
    assert borrowed == []


def test_models_hold_tables_and_nothing_that_happens(root: Path):
    models = modules(root, "models.py")
    assert len(models) > 10
    doing = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in models
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await)
    ]
    asking = [
        f"{path.relative_to(root)}: {module} {name}"
        for path in models
        for module, name in imports(path)
        if (top(module) in SQL and name in STATEMENTS - {"text"})
        or top(module) in WEB
        or module.rpartition(".")[2] in {"service", "policy", "routes", "schemas"}
    ]
    assert doing + asking == []


def test_tables_stand_in_models_and_bases_only(root: Path):
    elsewhere = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in modules(root, "*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and any(keyword.arg == "table" for keyword in node.keywords)
        and path.name not in {"models.py", "base.py", "audit.py"}
    ]
    assert elsewhere == []


@pytest.mark.parametrize("folder", ["packages/foundation", "packages/design", "services"])
def test_nothing_is_printed(root: Path, folder: str):
    """A service speaks through its log; only the operator's command talks to a terminal."""
    printing = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in (root / folder).rglob("*.py")
        if "node_modules" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []

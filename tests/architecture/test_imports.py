"""Services are independent, foundation lies below, nothing runs in a circle, and a room is built from the bottom up."""

import subprocess
import sys
import tomllib
from pathlib import Path

FILES = {"routes.py", "service.py", "policy.py", "schemas.py", "models.py"}


def test_import_contracts_hold(root: Path):
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


def test_every_room_is_held_to_the_order_of_its_files(root: Path):
    """A new room with two of the usual files or more is added to the containers of its contract in pyproject.toml."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (containers,) = [contract["containers"] for contract in contracts if "containers" in contract]
    rooms = [
        f"{folder.parent.name}.{folder.name}"
        for folder in (root / "services").glob("*/afterglow_*/*")
        if len(FILES & {path.name for path in folder.glob("*.py")}) > 1
    ]
    assert sorted(set(rooms) - set(containers)) == []

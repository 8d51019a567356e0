"""Services are independent, foundation lies below, nothing runs in a circle."""

import subprocess
import sys
from pathlib import Path


def test_import_contracts_hold(root: Path):
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout

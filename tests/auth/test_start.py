"""What starting auth does not load: libraries that only a few requests need."""

import subprocess
import sys

import pytest

LOADED = "import afterglow_auth.main, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The top-level modules of a fresh interpreter that has imported the service."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=100)
    return set(done.stdout.split())


@pytest.mark.parametrize("library", ["webauthn", "cbor2", "zxcvbn", "segno", "PIL"])
def test_it_is_imported_where_it_is_needed(loaded: set[str], library: str):
    assert "afterglow_auth" in loaded
    assert library not in loaded

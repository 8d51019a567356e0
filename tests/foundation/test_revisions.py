"""The newest migration read from the files is the one that Alembic would name."""

from pathlib import Path

import pytest
from afterglow_foundation import revisions
from afterglow_foundation.migrations import configuration
from alembic.script import ScriptDirectory


@pytest.mark.parametrize("service", ["auth", "messaging", "portal", "web"])
def test_newest_is_alembics_head(service: str):
    package = f"afterglow_{service}"
    head = ScriptDirectory.from_config(configuration(package)).get_current_head()
    assert head is not None
    assert revisions.newest(package) == head


def test_an_unknown_package_is_a_lookup_error():
    with pytest.raises(LookupError):
        revisions.newest("afterglow_nowhere")


def test_two_heads_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    versions = tmp_path / "versions"
    versions.mkdir()
    for name in ("a", "b"):
        (versions / f"{name}.py").write_text(f'revision: str = "{name}"\ndown_revision: str | None = "root"\n')
    monkeypatch.setattr(revisions, "migrations_folder", lambda _package: tmp_path)
    with pytest.raises(ValueError, match="several"):
        revisions.newest("afterglow_any")

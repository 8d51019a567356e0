"""Which migration is the newest, read from the files: importing Alembic would double a service's start."""

import re
from importlib.util import find_spec
from pathlib import Path

REVISION = re.compile(r"^(down_revision|revision)(?:\s*:[^=]+)?\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)


def migrations_folder(package: str) -> Path:
    """Where a service package keeps its migrations. Raises LookupError when there is no such package."""
    spec = find_spec(package)  # the folder only: importing the service would take its settings along
    if spec is None or spec.origin is None:
        raise LookupError(f"no package {package}")
    return Path(spec.origin).parent / "migrations"


def newest(package: str) -> str | None:
    """The revision that no other one builds on; None while there is none. Raises ValueError for two."""
    found = [
        dict(REVISION.findall(file.read_text())) for file in (migrations_folder(package) / "versions").glob("*.py")
    ]
    replaced = {each.get("down_revision") for each in found}
    heads = [each["revision"] for each in found if each["revision"] not in replaced]
    if len(heads) > 1:
        raise ValueError(f"{package} has several newest migrations: {', '.join(heads)}")
    return heads[0] if heads else None

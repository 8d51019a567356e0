"""Foundation by itself: apps put together inline, on the migrated tables of a service that brings none of its code."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog
from afterglow_foundation import telemetry, tokens
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import TestIssuer

from tests.foundation.tiny import Tiny


@pytest.fixture(scope="session")
def migrated(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("messaging", "foundation")


@pytest.fixture(scope="session")
def committed(migrated: MigratedDatabase) -> MigratedDatabase:
    return migrated


@pytest.fixture(autouse=True)
def fresh_loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logger keeps the level and the output of its first use; no test may inherit another's."""
    for module in (telemetry, tokens):
        monkeypatch.setattr(module, "logger", structlog.get_logger())


@pytest.fixture
def tiny(settings_values: dict[str, Any], issuer: TestIssuer, committed_database: Database) -> Tiny:
    return Tiny(settings_values, issuer, committed_database)

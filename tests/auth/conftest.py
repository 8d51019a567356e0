"""Databases of auth for its tests."""

from collections.abc import Callable

import pytest
from afterglow_foundation.testing.databases import MigratedDatabase

MakeDatabase = Callable[[str, str], MigratedDatabase]


@pytest.fixture(scope="session")
def migrated(make_database: MakeDatabase) -> MigratedDatabase:
    return make_database("auth", "unit")


@pytest.fixture(scope="session")
def committed(make_database: MakeDatabase) -> MigratedDatabase:
    return make_database("auth", "committed")

"""The house that security tests look at from outside."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from afterglow_foundation.testing.people import TestIssuer

from tests.auth.hashing import cheap_hashing
from tests.security.house import House, MakeDatabase, open_house
from tests.security.scene import Scene, arrange

__all__ = ["cheap_hashing"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(
    make_database: MakeDatabase, issuer: TestIssuer, settings_values: dict[str, Any]
) -> AsyncIterator[House]:
    async with open_house(make_database, issuer, settings_values) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scene(house: House) -> Scene:
    return await arrange(house)

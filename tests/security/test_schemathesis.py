"""What the OpenAPI documents say holds for whatever is sent: no fault of ours, documented answers only."""

import asyncio
import random
from typing import Any

import pytest
import pytest_asyncio

from tests.assurance import LONG
from tests.security.fuzzing import Fuzz
from tests.security.scene import Scene

CASES = 10_000 if LONG else 1_000
FIRST_SEED = random.randrange(1_000_000) if LONG else 1  # noqa: S311  # the same cases in every ordinary run
EXCLUDED = {
    "/api/messaging/events": "a stream that does not end by itself: tests/messaging/test_live_streams.py reads it"
}


@pytest_asyncio.fixture(loop_scope="session")
async def loop() -> asyncio.AbstractEventLoop:
    """The loop in which the house lives; it stands still while a test that is not asynchronous runs."""
    return asyncio.get_running_loop()


@pytest.mark.timeout(1800 if LONG else 600)
@pytest.mark.parametrize("service", ["auth", "portal", "messaging"])
def test_documented_answers_only(scene: Scene, loop: asyncio.AbstractEventLoop, service: str, record_property: Any):
    fuzz = Fuzz(scene, service, loop)
    fuzz.run(CASES, FIRST_SEED, EXCLUDED)
    record_property("counted", f"schemathesis, {service}: {fuzz.cases} cases of {len(fuzz.answered)} operations")
    assert not fuzz.faults, f"first seed {FIRST_SEED}\n" + "\n".join(fuzz.faults.values())
    assert fuzz.cases >= CASES
    assert fuzz.never_done == []

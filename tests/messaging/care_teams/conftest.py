"""A client whom two therapists treat, in a practice that wants conversations of care teams."""

import pytest_asyncio
from afterglow_foundation.testing.people import Person

from tests.messaging.practice import Pair, Practice


@pytest_asyncio.fixture(loop_scope="session")
async def second(practice: Practice, pair: Pair, other_therapist: Person) -> Pair:
    """The same client with their second therapist, in the conversation of these two."""
    return await practice.pair_up(pair.client, other_therapist)


@pytest_asyncio.fixture(loop_scope="session")
async def team(practice: Practice, pair: Pair, second: Pair) -> Pair:
    """The client and their first therapist, in the conversation of the care team, to which the second belongs too."""
    assert second.client == pair.client
    await practice.want_care_teams()
    return await practice.team_of(pair)

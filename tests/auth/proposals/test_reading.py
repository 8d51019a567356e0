"""One proposal, and how many wait: what a page says before somebody decides."""

import pytest
from afterglow_auth.settings import Settings
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI

from tests.auth.arranging import Desk, audited, problem


async def test_one_proposal_for_whoever_asked_and_for_another_admin(
    desk: Desk, other_desk: Desk, database: RolledBackDatabase
):
    made = await desk.invite("therapist")
    own, others = [await at.get(f"/proposals/{made['id']}") for at in (desk, other_desk)]
    assert (own["own"], others["own"]) == (True, False)
    assert own | {"own": False} == others
    events = await audited(database, "proposal:read")
    assert [event.actor_id for event in events] == [desk.person.id, other_desk.person.id]
    assert {str(event.object_id) for event in events} == {made["id"]}


async def test_a_proposal_that_there_is_none_of(desk: Desk, database: RolledBackDatabase):
    assert problem(await desk.ask("GET", f"/proposals/{new_id()}")) == (404, "not_found")
    assert [event.outcome for event in await audited(database, "proposal:read")] == ["refused"]


async def test_how_many_wait(desk: Desk):
    assert await desk.get("/proposals/waiting") == {"waiting": 0, "single_admin_wait": None, "reviews": 0}
    made = [await desk.invite("therapist") for _ in range(3)]
    await desk.put(f"/proposals/{made[0]['id']}/withdrawal")
    assert (await desk.get("/proposals/waiting"))["waiting"] == 2


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update=getattr(request, "param", {}))


@pytest.mark.parametrize("settings", [{"single_admin": True}], indirect=True)
async def test_how_long_each_waits_where_there_is_a_single_admin(desk: Desk, app: FastAPI):
    assert app.state.provider.settings.single_admin
    assert (await desk.get("/proposals/waiting"))["single_admin_wait"] == "P1D"

"""What a client keeps to themselves changes no byte of any answer that whoever treats them gets."""

import re

import httpx
import pytest
from afterglow_foundation.identifiers import new_id

from tests.portal.arranging import check_in
from tests.portal.journal.writing import draft, entry
from tests.portal.voice_notes.recording import declared, sound
from tests.security.actors import show, token
from tests.security.house import House
from tests.security.matrix import GETS_IN, Actor, Row, read_table
from tests.security.scene import Scene
from tests.security.test_matrix import ask, operations

READ = [
    row
    for row in read_table()["portal"]
    if row.method == "GET" and row.path.startswith("/api/") and row.expected[Actor.assigned] in GETS_IN
]


THIRTY_DAYS_AGO = re.compile(
    rb'"since":"[^"]+"'
)  # a brief of whoever had no session tells since when, to the microsecond


async def keep_to_oneself(scene: Scene, row: Row, visibility: str) -> None:
    """A low check-in, a journal entry with a voice note, one being written: all of it today."""
    bearer = token(scene, row, Actor.client, scene.client, "portal")
    async with scene.house.client("portal", headers={"authorization": f"Bearer {bearer}"}) as http:
        written = new_id()
        kept = [
            await http.put(
                f"/api/portal/check-ins/{new_id()}", json=check_in(mood=-5, visibility=visibility, note="Hello")
            ),
            await http.put(f"/api/portal/journal/{written}", json=entry(visibility=visibility)),
            await http.put(f"/api/portal/journal/{written}/voice-notes/{new_id()}", json=declared(sound())),
            await http.put(f"/api/portal/journal/drafts/{new_id()}", json=draft()),
        ]
    assert {one.status_code for one in kept} <= {200, 201}, [one.text for one in kept]


def test_there_is_something_to_ask():
    """Lists, figures and single records alike."""
    paths = {row.path for row in READ}
    assert {"/api/portal/caseload", "/api/portal/brief", "/api/portal/dose-curve", "/api/portal/journal"} <= paths
    assert len(paths) > 15


@pytest.mark.parametrize("visibility", ["only_me", "next_session"])
@pytest.mark.parametrize("row", READ, ids=[row.path for row in READ])
async def test_what_is_not_shared_changes_no_answer(house: House, scene: Scene, row: Row, visibility: str):
    """Asked twice before, since the first look may be noted as a reading that the second tells of."""
    described = dict(operations(house, "portal"))
    schemas = house.app("portal").openapi().get("components", {}).get("schemas", {})

    async def answer() -> httpx.Response:
        shown = await show(scene, row, Actor.assigned)
        return await ask(scene, row, shown, described.get(row.route, {}), schemas)

    async with house.undone():
        first, before = await answer(), await answer()
        await keep_to_oneself(scene, row, visibility)
        after = await answer()
    assert first.is_success, first.text
    assert THIRTY_DAYS_AGO.sub(b"", after.content, 1) == THIRTY_DAYS_AGO.sub(b"", before.content, 1)
    assert after.status_code == before.status_code

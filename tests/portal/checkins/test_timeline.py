"""The timeline: one's own check-ins, as the list tells them, in one statement and in few answers."""

from collections import OrderedDict

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.checkins import timeline
from afterglow_portal.checkins.schemas import CheckInPage
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import ago, check_in, counted, put
from tests.portal.conftest import Open

LIST = "/api/portal/check-ins"
TIMELINE = f"{LIST}/timeline"
NOTE = 'Said "no" \\ twice,\nthen\t\x01 slept: ñandú 🌧'


async def write_history(http: httpx.AsyncClient) -> list[str]:
    """Whatever a check-in can hold, oldest first; return their ids."""
    at = ago(hours=3)
    items, words = {"sleep_hours": 7.5, "craving": 0}, ["calm", "tired"]
    whole = await put(http, note=NOTE, items=items, words=words, tags=['"quoted"', "ñ"], felt_at=at)
    sparse = await put(http, mood=None, energy=None, anxiety=0.5, visibility="only_me", felt_at=at)
    edited = await put(http, felt_at=ago(minutes=2))
    edit = check_in(version_id=str(new_id()), note="changed", felt_at=edited["felt_at"], visibility="next_session")
    assert (await http.post(f"{LIST}/{edited['id']}/versions", json=edit)).status_code == 201
    return [whole["id"], sparse["id"], edited["id"]]


async def test_it_tells_what_the_list_tells_in_one_statement(
    as_client: httpx.AsyncClient, signed_in: Open, other_client: Person, database: RolledBackDatabase
):
    assert (await as_client.get(TIMELINE)).json() == {"items": [], "next": None}
    ids = await write_history(as_client)
    erased = await put(as_client)
    assert (await as_client.delete(f"{LIST}/{erased['id']}")).status_code == 204
    with counted(database.engine) as sent:
        told = await as_client.get(TIMELINE)
    assert len([one for one in sent if "check_ins" in one or "people" in one]) == 1
    page = CheckInPage.model_validate_json(told.content)
    assert [str(one.id) for one in page.items] == ids[::-1]
    assert page == CheckInPage.model_validate_json((await as_client.get(LIST)).content)
    async with signed_in(other_client) as http:
        await put(http)
        assert len((await http.get(TIMELINE)).json()["items"]) == 1


async def test_the_key_is_found_if_it_is_not_remembered(
    app: FastAPI, as_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    await put(as_client, note=NOTE)
    monkeypatch.setattr(app.state.data_keys, "_remembered", OrderedDict())
    assert [one["note"] for one in (await as_client.get(TIMELINE)).json()["items"]] == [NOTE]


@pytest.mark.parametrize(("name", "most"), [("MOST_ENTRIES", 2), ("LARGEST_ANSWER", 1)])
async def test_what_one_answer_does_not_hold_is_the_next_ones(
    as_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, name: str, most: int
):
    ids = await write_history(as_client)
    monkeypatch.setattr(timeline, name, most)
    found, after = [], ""
    while after is not None:
        page = (await as_client.get(TIMELINE, params={"after": after} if after else {})).json()
        assert 1 <= len(page["items"]) <= 2
        found, after = [*found, *(one["id"] for one in page["items"])], page["next"]
    assert found == ids[::-1]
    refused = await as_client.get(TIMELINE, params={"after": "nowhere"})
    assert [error["field"] for error in refused.json()["errors"]] == ["after"]


async def test_who_may_not_act_reads_nothing(
    as_client: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    await put(as_client)
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET disabled_at = now()"))
    answer = await as_client.get(TIMELINE)
    assert (answer.status_code, answer.json()["code"]) == (403, "account_closed")
    async with database.arrange() as session:
        await session.execute(text("DELETE FROM people WHERE id = :id"), {"id": client_person.id})
    assert (await as_client.get(TIMELINE)).status_code == 503


async def test_a_note_that_was_moved_does_not_open(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    await put(as_client, note="one", felt_at=ago(minutes=5))
    await put(as_client, note="two")
    async with database.arrange() as session:
        await session.execute(text("UPDATE check_ins SET note = (SELECT note FROM check_ins ORDER BY id LIMIT 1)"))
    answer = await as_client.get(TIMELINE)
    assert answer.status_code == 500
    assert "one" not in answer.text

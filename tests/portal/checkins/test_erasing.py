"""Erasing: what was said goes with its versions, the id is never taken again, and what stays says nothing."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.checkins import routes
from afterglow_portal.checkins.schemas import CheckInOut
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.portal.arranging import audited, check_in, number_of, put
from tests.portal.conftest import Open

CHECK_INS = "/api/portal/check-ins"
LEFT = {"client_id", "id", "entered_at", "erased_at", "felt_at", "local_date", "time_zone", "version", "edited_at"}
EMPTIED = "visibility = 'only_me', mood = NULL, energy = NULL, anxiety = NULL, note = NULL, erased_at = now()"
EMPTY: list[Any] = [None, b"", [], {}, False, "only_me", "spontaneous", 1]  # 1: as if it had never been shared later


async def test_what_was_said_goes_with_every_version(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    database: RolledBackDatabase,
):
    body = check_in(note="first", words=["calm"], tags=["work"], items={"hope": 3})
    where = f"{CHECK_INS}/{new_id()}"
    stored = (await as_client.put(where, json=body)).json()
    edit = check_in(version_id=str(new_id()), note="second", visibility="only_me")
    await as_client.post(f"{where}/versions", json=edit)
    shared = check_in(version_id=str(new_id()), note="second", visibility="therapist")
    assert (await as_client.post(f"{where}/versions", json=shared)).status_code == 201
    for _ in range(2):
        answer = await as_client.delete(where)
        assert (answer.status_code, answer.content) == (204, b"")
    for path in ("", "/versions", "/readings"):
        assert (await as_client.get(where + path)).status_code == 404
    assert (await as_client.post(f"{where}/versions", json=edit)).status_code == 404
    assert (await as_client.get(CHECK_INS)).json()["items"] == []
    assert not any(day["entries"] for day in (await as_client.get(f"{CHECK_INS}/curve")).json()["points"])
    of_client = {"client": str(client_person.id)}
    assert (await as_therapist.get(CHECK_INS, params=of_client)).json()["items"] == []
    assert (await as_therapist.get(where, params=of_client)).status_code == 404
    assert await number_of(database, "check_in_versions") == 0
    async with database.arrange() as session:
        row = (await session.execute(text("SELECT * FROM check_ins"))).mappings().one()
    assert {name: value for name, value in row.items() if name not in LEFT and value not in EMPTY} == {}
    assert row["felt_at"] == row["entered_at"]
    events = await audited(database, "check_in.erased")
    assert [(one.actor_id, one.subject_id, str(one.object_id)) for one in events] == [
        (client_person.id, client_person.id, stored["id"])
    ]


async def test_nothing_brings_it_back(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    """Neither the same body from a phone that was offline, nor another one."""
    body, where = check_in(note="gone"), f"{CHECK_INS}/{new_id()}"
    await as_client.put(where, json=body)
    await as_client.delete(where)
    for again in (body, check_in(note="other")):
        assert (await as_client.put(where, json=again)).status_code == 409
    async with database.arrange() as session:
        assert await session.scalar(text("SELECT count(*) FROM check_ins WHERE note IS NOT NULL")) == 0


async def test_a_repeat_in_the_same_moment_brings_nothing_back(
    committed_app: FastAPI,
    committed_people: tuple[Person, Person],
    issuer: TestIssuer,
    committed_superuser: Database,
):
    client, _ = committed_people
    body, where = check_in(note="gone"), f"{CHECK_INS}/{new_id()}"
    async with open_client(committed_app, issuer.token(client, "portal")) as http:
        await http.put(where, json=body)
        answers = await asyncio.gather(*(http.put(where, json=body) for _ in range(6)), http.delete(where))
        assert {one.status_code for one in answers} <= {200, 204, 409}
        assert (await http.get(where)).status_code == 404
    async with committed_superuser.sessions() as session:
        left = text("SELECT note FROM check_ins WHERE client_id = :client")
        assert (await session.scalars(left, {"client": client.id})).all() == [None]


async def test_only_the_owner_erases(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    other_client: Person,
    database: RolledBackDatabase,
):
    stored = await put(as_client)
    where = f"{CHECK_INS}/{stored['id']}"
    assert (await as_therapist.delete(where)).status_code == 403
    async with signed_in(other_client) as http:
        assert (await http.delete(where)).status_code == 404
    assert (await as_client.delete(f"{CHECK_INS}/{new_id()}")).status_code == 404
    assert (await as_client.delete(f"{CHECK_INS}/none")).status_code == 422
    assert (await as_client.get(where)).json() == stored
    assert [one.outcome for one in await audited(database, "check_in.erased")] == ["refused"] * 2


async def test_who_opened_it_is_told_and_what_was_opened_stays_shared(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    database: RolledBackDatabase,
):
    """Un-sharing and erasing work until the first reading; each version is told once, in a list or by itself."""
    of_client = {"client": str(client_person.id)}
    first, second = await put(as_client), await put(as_client)
    where, other = (f"{CHECK_INS}/{one['id']}" for one in (first, second))

    async def change(path: str, **changes: Any) -> httpx.Response:
        return await as_client.post(f"{path}/versions", json=check_in(version_id=str(new_id()), **changes))

    assert (await as_client.get(f"{where}/readings")).json() == {"items": []}
    assert (await change(other, visibility="only_me")).status_code == 201
    for _ in range(2):
        await as_therapist.get(CHECK_INS, params=of_client)
        await as_therapist.get(where, params=of_client)
    assert (await change(where, mood=-1)).status_code == 201
    await as_therapist.get(where, params=of_client)
    readings = (await as_client.get(f"{where}/readings")).json()["items"]
    assert [(one["reader_id"], one["reader_name"], one["version"]) for one in readings] == [
        (str(therapist.id), therapist.name, version) for version in (1, 2)
    ]
    assert (await as_client.get(f"{other}/readings")).json() == {"items": []}
    for narrower in ("only_me", "next_session"):
        refused = await change(where, visibility=narrower)
        errors = [(error["field"], error["code"]) for error in refused.json()["errors"]]
        assert (refused.status_code, errors) == (422, [("visibility", "already_opened")])
    assert (await as_client.get(where)).json()["version"] == 2
    assert (await as_therapist.get(f"{where}/readings")).status_code == 403
    erasing = await as_client.delete(where)
    assert (erasing.status_code, erasing.json()["code"]) == (409, "already_opened")
    assert len((await as_client.get(f"{where}/versions")).json()["items"]) == 2
    assert (await as_client.delete(other)).status_code == 204
    events = [(one.outcome, one.purpose) for one in await audited(database, "check_in.erased")]
    assert events == [("refused", "already_opened"), ("success", None)]


async def test_the_database_itself_keeps_what_was_opened(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    """Whatever a service of ours would do as its client: taken back, erased, or its earlier version deleted."""
    opened = await put(as_client)
    edit = check_in(version_id=str(new_id()), mood=1)
    assert (await as_client.post(f"{CHECK_INS}/{opened['id']}/versions", json=edit)).is_success
    assert (await as_therapist.get(CHECK_INS, params={"client": str(client_person.id)})).is_success
    unopened = await put(as_client)
    change = "UPDATE check_ins SET {} WHERE id = :id RETURNING visibility"
    async with database.unit_of_work(RowContext(client_person.id, "client")) as session:
        for narrower in ("visibility = 'only_me'", "visibility = 'next_session'", EMPTIED):
            with pytest.raises(DBAPIError, match="row-level security"):
                async with session.begin_nested():
                    await session.execute(text(change.format(narrower)), {"id": UUID(opened["id"])})
        gone = await session.execute(text("DELETE FROM check_in_versions RETURNING check_in_id"))
        assert gone.all() == []
        said = await session.execute(text(change.format("mood = 0")), {"id": UUID(opened["id"])})
        assert said.scalars().all() == ["therapist"]
        taken_back = await session.execute(text(change.format("visibility = 'only_me'")), {"id": UUID(unopened["id"])})
        assert taken_back.scalars().all() == ["only_me"]


async def test_what_is_taken_back_between_looking_and_opening_is_not_shown(
    committed_app: FastAPI,
    committed_people: tuple[Person, Person],
    issuer: TestIssuer,
    monkeypatch: pytest.MonkeyPatch,
):
    client, therapist = committed_people
    of_client = {"client": str(client.id)}
    keeping = routes.keep_opened
    async with (
        open_client(committed_app, issuer.token(client, "portal")) as mine,
        open_client(committed_app, issuer.token(therapist, "portal")) as theirs,
    ):
        for path, taking_back in (("", "edit"), ("", "delete"), ("/one", "edit"), ("/one", "delete")):
            where = f"{CHECK_INS}/{(await put(mine))['id']}"

            async def after_it_was_taken_back(
                *arguments: Any, where: str = where, taking_back: str = taking_back
            ) -> list[CheckInOut]:
                edit = check_in(version_id=str(new_id()), visibility="only_me")
                taking = mine.delete(where) if taking_back == "delete" else mine.post(f"{where}/versions", json=edit)
                assert (await taking).is_success
                return await keeping(*arguments)

            monkeypatch.setattr(routes, "keep_opened", after_it_was_taken_back)
            answer = await theirs.get(where if path else CHECK_INS, params=of_client)
            assert answer.status_code == 404 if path else answer.json()["items"] == []
            if taking_back == "edit":
                assert (await mine.get(f"{where}/readings")).json() == {"items": []}
        monkeypatch.setattr(routes, "keep_opened", keeping)
        for _ in range(6):
            where = f"{CHECK_INS}/{(await put(mine))['id']}"
            read, erased = await asyncio.gather(theirs.get(where, params=of_client), mine.delete(where))
            assert (read.status_code, erased.status_code) in {(200, 409), (404, 204)}


async def test_what_a_client_opens_is_no_reading(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    stored = await put(as_client)
    await as_client.get(CHECK_INS)
    await as_client.get(f"{CHECK_INS}/{UUID(stored['id'])}")
    assert await number_of(database, "check_in_readings") == 0

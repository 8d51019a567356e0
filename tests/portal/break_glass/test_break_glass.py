"""A record that was opened in an emergency: once somebody said why, for as long as the grant says, and to read only."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import audited, put
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, of, plan
from tests.portal.journal.writing import JOURNAL, write
from tests.portal.notes.summing_up import SUMMARIES
from tests.portal.notes.summing_up import written as summed_up
from tests.portal.people.test_cover import HOUR, cover

PATH = "/api/portal/break-glass"
WHY = "Their sister rang: they are not reachable since last night."
MINUTE = timedelta(minutes=1)


class Opened(NamedTuple):
    """A grant of the other therapist for the client, as auth told it."""

    id: UUID
    client: Person
    opener: Person

    async def explain(self, http: httpx.AsyncClient, words: object = WHY) -> httpx.Response:
        return await http.put(f"{PATH}/{self.id}", params=of(self.client), json={"words": words})


async def open_record(
    database: RolledBackDatabase,
    client: Person,
    opener: Person,
    starts: timedelta = -MINUTE,
    ends: timedelta = HOUR - MINUTE,
) -> Opened:
    opened = Opened(new_id(), client, opener)
    await cover(database, client, opener, starts, ends, id=opened.id, kind="break_glass", reason_code="danger")
    return opened


@pytest.fixture
async def opened(database: RolledBackDatabase, client_person: Person, other_therapist: Person) -> Opened:
    return await open_record(database, client_person, other_therapist)


async def test_without_words_it_stays_closed_and_with_them_it_opens(
    *, opened: Opened, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open
):
    own = await put(as_client, visibility="only_me", note="Mine")
    shared, entry = await put(as_client), await write(as_client)
    hidden = await write(as_client, visibility="only_me")
    seen = await summed_up(as_therapist, opened.client)
    withheld = await summed_up(as_therapist, opened.client, withholding_reason="Not yet.")
    waiting = await put(as_client, visibility="next_session")  # later than the sessions that began
    whose = of(opened.client)
    paths = {
        f"/api/portal/clients/{opened.client.id}": 200,
        f"/api/portal/check-ins/{shared['id']}": 200,
        f"/api/portal/check-ins/{own['id']}": 404,
        f"/api/portal/check-ins/{waiting['id']}": 404,
        f"{JOURNAL}/{entry['id']}": 200,
        f"{JOURNAL}/{hidden['id']}": 404,
        COURSES: 200,
        f"{SUMMARIES}/{seen}": 200,
        f"{SUMMARIES}/{withheld}": 404,
        "/api/portal/brief": 200,
        PATH: 200,
    }
    async with signed_in(opened.opener) as http:
        for path in paths:
            assert (await http.get(path, params=whose)).status_code == 404, path
        first, again = await opened.explain(http), await opened.explain(http)
        assert (first.status_code, again.status_code) == (201, 200)
        assert (await opened.explain(http, "Other words")).status_code == 409
        for path, status in paths.items():
            assert (await http.get(path, params=whose)).status_code == status, path
        record = (await http.get(f"/api/portal/clients/{opened.client.id}")).json()
        assert record["open_until"]
        listed = (await http.get(SUMMARIES, params=whose)).json()["items"]
        assert [one["id"] for one in listed] == [seen]
        writing = await http.put(f"{COURSES}/{new_id()}", params=whose, json=plan())
        assert writing.status_code == 404  # it is open to read


@pytest.mark.parametrize(
    ("starts", "ends"), [(-2 * HOUR, -HOUR), (HOUR, 2 * HOUR)], ids=["it is over", "it has not begun"]
)
async def test_outside_its_hour_nothing_opens(
    *,
    database: RolledBackDatabase,
    client_person: Person,
    other_therapist: Person,
    signed_in: Open,
    starts: timedelta,
    ends: timedelta,
):
    opened = await open_record(database, client_person, other_therapist, starts, ends)
    async with signed_in(other_therapist) as http:
        assert (await opened.explain(http)).status_code == 404


async def test_its_end_closes_it(opened: Opened, database: RolledBackDatabase, signed_in: Open):
    async with signed_in(opened.opener) as http:
        await opened.explain(http)
        async with database.arrange() as session:
            await session.execute(text("UPDATE grants SET ends_at = now() - interval '1 second'"))
        assert (await http.get(f"/api/portal/clients/{opened.client.id}")).status_code == 404
        assert (await http.get(PATH, params=of(opened.client))).status_code == 404


async def test_ended_early_it_closes_and_client_and_treating_therapist_read_when(
    *,
    opened: Opened,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    signed_in: Open,
):
    record = f"/api/portal/clients/{opened.client.id}"
    async with signed_in(opened.opener) as http:
        await opened.explain(http)
        (lasts,) = (await http.get(PATH, params=of(opened.client))).json()["items"]
        assert lasts["ended_early"] is False
        assert (await http.get(record)).status_code == 200
        async with database.arrange() as session:
            ended = "UPDATE grants SET ends_at = now() - interval '1 second' RETURNING ends_at"
            ends_at = (await session.execute(text(ended))).scalar_one()
        assert (await http.get(record)).status_code == 404
        assert (await opened.explain(http)).status_code == 404
    for reader, whose in ((as_client, {}), (as_therapist, of(opened.client))):
        (told,) = (await reader.get(PATH, params=whose)).json()["items"]
        assert (datetime.fromisoformat(told["ends_at"]), told["ended_early"]) == (ends_at, True)


async def test_what_was_read_before_its_end_was_told_is_not_said_to_be_by_the_clients_therapist(
    opened: Opened, as_client: httpx.AsyncClient, database: RolledBackDatabase, signed_in: Open
):
    async with signed_in(opened.opener) as http:
        await opened.explain(http)
        assert (await http.get(f"/api/portal/clients/{opened.client.id}")).status_code == 200
    async with database.arrange() as session:
        await session.execute(text("UPDATE grants SET ends_at = now() - interval '5 seconds'"))
    (told,) = [one for one in (await as_client.get("/api/portal/access-log")).json()["items"] if one["in_emergency"]]
    assert told["actor_id"] == str(opened.opener.id)


async def test_nobody_else_learns_when_one_ends(
    opened: Opened, database: RolledBackDatabase, admin: Person, other_client: Person
):
    asking = text("SELECT emergency_ends(:grant)")
    for who in (RowContext(admin.id, "admin"), RowContext(other_client.id, "client"), RowContext()):
        async with database.unit_of_work(who) as session:
            assert await session.scalar(asking, {"grant": opened.id}) is None


async def test_a_disabled_therapist_reads_nothing(opened: Opened, database: RolledBackDatabase, signed_in: Open):
    async with signed_in(opened.opener) as http:
        await opened.explain(http)
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET disabled_at = now() WHERE id = :id"), {"id": opened.opener.id})
    async with database.unit_of_work(RowContext(opened.opener.id, "therapist")) as session:
        assert (await session.execute(text("SELECT * FROM clients_in_care()"))).all() == []


async def test_nobody_else_explains_it(
    opened: Opened, as_therapist: httpx.AsyncClient, as_client: httpx.AsyncClient, signed_in: Open, admin: Person
):
    assert (await opened.explain(as_therapist)).status_code == 404
    assert (await opened.explain(as_client)).status_code == 403
    async with signed_in(admin) as http:
        assert (await opened.explain(http)).status_code == 403
        assert (await http.get(PATH, params=of(opened.client))).status_code == 403


@pytest.mark.parametrize("words", ["", "  ", "a\0b", "x" * 1001, None, 7])
async def test_it_takes_words(opened: Opened, signed_in: Open, words: object):
    async with signed_in(opened.opener) as http:
        answer = await opened.explain(http, words)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["words"]


async def test_client_and_whoever_treats_them_read_why(
    *,
    opened: Opened,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    other_client: Person,
    database: RolledBackDatabase,
    signed_in: Open,
):
    async with signed_in(opened.opener) as http:
        await opened.explain(http)
        assert (await http.get(f"/api/portal/clients/{opened.client.id}")).status_code == 200
    (mine,) = (await as_client.get(PATH)).json()["items"]
    assert (mine["words"], mine["reason"], mine["therapist"]["name"]) == (WHY, "danger", opened.opener.name)
    assert (await as_therapist.get(PATH, params=of(opened.client))).json()["items"] == [mine]
    async with signed_in(other_client) as http:
        assert (await http.get(PATH)).json()["items"] == []
    async with database.arrange() as session:
        sealed = (await session.execute(text("SELECT words FROM break_glass_reasons"))).scalar_one()
    assert b"sister" not in sealed
    (kept,) = [one for one in await audited(database, "break_glass.explained") if one.outcome == "success"]
    assert (kept.actor_id, kept.subject_id, kept.object_id) == (opened.opener.id, opened.client.id, opened.id)
    told = (await as_client.get("/api/portal/access-log")).json()["items"]
    by_opener = [one for one in told if one["actor_id"] == str(opened.opener.id)]
    assert [(one["in_emergency"], one["stood_in"]) for one in by_opener] == [(True, False)]


async def test_a_client_who_wrote_nothing_yet_has_a_key_made(
    opened: Opened, signed_in: Open, as_client: httpx.AsyncClient
):
    async with signed_in(opened.opener) as http:
        assert (await opened.explain(http)).status_code == 201
    assert (await as_client.get(PATH)).json()["items"][0]["words"] == WHY
    assert (await put(as_client, note="Mine"))["note"] == "Mine"

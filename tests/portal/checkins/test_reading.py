"""Reading: one's own, what is shared in care, page by page; a therapist's reading is kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.checkins.policy import readable
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from tests.portal.arranging import ago, audited, check_in, put
from tests.portal.conftest import Open

LIST = "/api/portal/check-ins"
MANY = text("""
    INSERT INTO check_ins SELECT (jsonb_populate_record(entry, jsonb_build_object(
        'id', gen_random_uuid(), 'felt_at', now() - half * interval '12 h',
        'client_id', CASE WHEN half % 2 = 0 THEN entry.client_id ELSE gen_random_uuid() END
    ))).*
    FROM check_ins AS entry, generate_series(1, 5000) AS half WHERE entry.id = :source
""")


async def fill(http: httpx.AsyncClient, number: int = 7) -> list[str]:
    """Check-ins an hour apart, two of them at the same instant; their ids, newest first."""
    stored = [await put(http, felt_at=ago(hours=hours)) for hours in range(number - 1)]
    stored.append(await put(http, felt_at=stored[-1]["felt_at"]))
    stored.sort(key=lambda entry: (entry["felt_at"], entry["id"]), reverse=True)
    return [entry["id"] for entry in stored]


async def test_pages_follow_each_other_without_hole_or_double(as_client: httpx.AsyncClient):
    expected = await fill(as_client)
    for limit in (1, 2, 3, 7, 200):
        found, after = [], None
        while True:
            query = {"limit": limit} | ({"after": after} if after else {})
            page = (await as_client.get(LIST, params=query)).json()
            assert len(page["items"]) <= limit
            found += [entry["id"] for entry in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert found == expected


async def test_a_new_check_in_does_not_shift_the_next_page(as_client: httpx.AsyncClient):
    expected = await fill(as_client)
    first = (await as_client.get(LIST, params={"limit": 3})).json()
    await put(as_client, felt_at=ago(minutes=0))
    second = (await as_client.get(LIST, params={"limit": 200, "after": first["next"]})).json()
    assert [entry["id"] for entry in first["items"] + second["items"]] == expected


async def test_from_is_included_and_to_is_not(as_client: httpx.AsyncClient):
    stored = [await put(as_client, felt_at=ago(hours=hours)) for hours in (3, 2, 1)]
    query = {"from": stored[0]["felt_at"], "to": stored[2]["felt_at"]}
    found = (await as_client.get(LIST, params=query)).json()["items"]
    assert [entry["id"] for entry in found] == [stored[1]["id"], stored[0]["id"]]


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("limit", {"limit": "0"}),
        ("limit", {"limit": "201"}),
        ("limit", {"limit": "many"}),
        ("from", {"from": "2026-01-01"}),
        ("to", {"to": "1700000000"}),
        ("to", {"to": "0001-01-01T00:00:00+14:00"}),
        ("after", {"after": "nonsense"}),
        ("after", {"after": "\0"}),
        ("after", {"after": "é"}),
        ("after", {"after": "MjAyNi0wMS0wMVQwMDowMDowMHwwMTk"}),
        ("after", {"after": "MjAyNi0wMS0wMVQwMDowMDowMHwwMWEyMDMyMy0xOTJkLTcxNWEtOGNjNC00Yjc4ZDNjMjkwMjE"}),
        ("after", {"after": "x" * 300}),
        ("client", {"client": "me"}),
    ],
)
async def test_a_question_that_cannot_be_understood_names_its_field(
    as_client: httpx.AsyncClient, field: str, query: dict[str, str]
):
    answer = await as_client.get(LIST, params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_ones_own_reading_is_not_an_access_to_keep(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    stored = await put(as_client)
    await as_client.get(LIST)
    await as_client.get(f"{LIST}/{stored['id']}")
    assert await audited(database, "check_ins.read") == await audited(database, "check_in.read") == []


async def test_a_therapist_reads_what_is_shared_and_it_is_kept(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    database: RolledBackDatabase,
):
    shared = await put(as_client, note="for both of us")
    await put(as_client, visibility="only_me")
    await put(as_client, visibility="next_session")
    query = {"client": str(client_person.id)}
    listed = (await as_therapist.get(LIST, params=query)).json()
    assert listed == {"items": [shared], "next": None}
    one = await as_therapist.get(f"{LIST}/{shared['id']}", params=query)
    assert one.json() == shared
    for action, object_id in (("check_ins.read", None), ("check_in.read", UUID(shared["id"]))):
        (event,) = await audited(database, action)
        assert (event.actor_id, event.actor_role) == (therapist.id, "therapist")
        assert (event.subject_id, event.object_id, event.outcome) == (client_person.id, object_id, "success")


async def test_reading_that_cannot_be_kept_does_not_happen(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    await put(as_client, note="unread")
    async with database.arrange() as session:
        await session.execute(text("REVOKE INSERT ON audit_events FROM portal_app"))
    answer = await as_therapist.get(LIST, params={"client": str(client_person.id)})
    assert answer.status_code == 500
    assert "unread" not in answer.text


@pytest.mark.parametrize("visibility", ["only_me", "next_session"])
async def test_what_is_not_shared_is_not_there(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    database: RolledBackDatabase,
    visibility: str,
):
    hidden = await put(as_client, visibility=visibility, note="hidden")
    query = {"client": str(client_person.id)}
    assert (await as_therapist.get(LIST, params=query)).json() == {"items": [], "next": None}
    curve = (await as_therapist.get(f"{LIST}/curve", params=query)).json()
    assert sum(day["entries"] for day in curve["points"]) == 0
    one = await as_therapist.get(f"{LIST}/{hidden['id']}", params=query)
    nowhere = await as_therapist.get(f"{LIST}/{new_id()}", params=query)
    assert (one.status_code, nowhere.status_code) == (404, 404)
    assert one.json() | {"request_id": None} == nowhere.json() | {"request_id": None}
    assert [event.outcome for event in await audited(database, "check_in.read")] == ["refused", "refused"]


@pytest.mark.parametrize("where", ["", "/curve", "/{id}"])
async def test_a_strangers_record_is_not_there_and_the_attempt_is_kept(
    *,
    signed_in: Open,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    other_client: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
    where: str,
):
    mine = await put(as_client)
    path = LIST + where.replace("{id}", mine["id"])
    action = {"": "check_ins.read", "/curve": "curve.read", "/{id}": "check_in.read"}[where]
    async with signed_in(other_client) as other, signed_in(other_therapist) as unassigned:
        for http, client in (
            (other, client_person.id),
            (unassigned, client_person.id),
            (as_therapist, other_client.id),
            (as_therapist, new_id()),
        ):
            answer = await http.get(path, params={"client": str(client)})
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    events = await audited(database, action)
    assert [event.outcome for event in events] == ["refused"] * 4
    assert [event.subject_id for event in events[:3]] == [client_person.id, client_person.id, other_client.id]


@pytest.mark.parametrize("where", ["", "/curve", "/018f3a5e-0000-7000-8000-000000000001"])
async def test_a_therapist_must_say_whose(as_therapist: httpx.AsyncClient, where: str):
    answer = await as_therapist.get(LIST + where)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["client"]


async def test_a_client_may_name_themselves(as_client: httpx.AsyncClient, client_person: Person):
    stored = await put(as_client)
    listed = (await as_client.get(LIST, params={"client": str(client_person.id)})).json()
    assert listed["items"] == [stored]


async def test_reading_ends_fourteen_days_after_care(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    await put(as_client)
    for days, status in ((13, 200), (15, 404)):
        async with database.arrange() as session:
            ended = {"ended": datetime.now(UTC) - timedelta(days=days)}
            await session.execute(text("UPDATE care_relationships SET ended_at = :ended"), ended)
        answer = await as_therapist.get(LIST, params={"client": str(client_person.id)})
        assert answer.status_code == status


async def test_a_disabled_therapist_reads_nothing_at_once(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    await put(as_client)
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET disabled_at = now() WHERE role = 'therapist'"))
    for path in (
        f"{LIST}?client={client_person.id}",
        "/api/portal/caseload",
        f"/api/portal/clients/{client_person.id}",
    ):
        assert (await as_therapist.get(path)).status_code == 403


async def test_an_edit_can_take_a_check_in_back(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    stored = await put(as_client, note="shared at first")
    edit = check_in(visibility="only_me", version_id=str(new_id()))
    assert (await as_client.post(f"{LIST}/{stored['id']}/versions", json=edit)).status_code == 201
    listed = await as_therapist.get(LIST, params={"client": str(client_person.id)})
    assert listed.json()["items"] == []


async def test_a_page_walks_an_index_for_client_and_therapist(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person, therapist: Person
):
    stored = await put(as_client)
    async with database.arrange() as session:
        await session.execute(MANY, {"source": stored["id"]})
        await session.execute(text("ANALYZE check_ins"))
    plans = {}
    for person in (client_person, therapist):
        caller = Caller(person.id, person.role)
        page = (
            readable(caller, client_person.id).order_by(col(CheckIn.felt_at).desc(), col(CheckIn.id).desc()).limit(51)
        )
        sql = page.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        async with database.unit_of_work(RowContext.of(caller)) as session:
            plans[person.role] = "\n".join((await session.execute(text(f"EXPLAIN {sql}"))).scalars())
    assert "Index Scan Backward using ix_check_ins_client_id" in plans[Role.client]
    assert "Index Scan Backward using ix_check_ins_shared" in plans[Role.therapist]

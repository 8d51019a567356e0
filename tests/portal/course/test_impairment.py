"""From a dose until the next morning nothing is shared, opened wider or released; what is written then waits."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import check_in, put
from tests.portal.course.treating import act, begin, give, of, schedule
from tests.portal.journal.writing import JOURNAL, draft, edit, entry, write
from tests.portal.voice_notes.recording import declared, sound, where

CHECK_INS = "/api/portal/check-ins"
CHOICES = "/api/portal/choices"
UNTIL = text("SELECT impaired_until(:client)")


def refused(answer: httpx.Response, field: str = "visibility") -> bool:
    """With a problem that names the field."""
    told = [(error["field"], error["code"]) for error in answer.json().get("errors", [])]
    return (answer.status_code, told) == (422, [(field, "until_morning")])


@pytest.fixture
async def course(as_therapist: httpx.AsyncClient, client_person: Person) -> str:
    return await begin(as_therapist, client_person)


async def dose(http: httpx.AsyncClient, client: Person, course: str) -> None:
    session = await schedule(http, client, course)
    assert (await act(http, client, session, "opening")).status_code == 200
    assert (await give(http, client, session)).status_code == 201


async def test_nothing_is_shared_and_new_words_wait(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, course: str
):
    body, mine = check_in(), f"{CHECK_INS}/{new_id()}"
    assert (await as_client.put(mine, json=body)).status_code == 201
    assert (await as_client.get(f"{CHECK_INS}/vocabulary")).json()["shared_again_at"] is None
    await dose(as_therapist, client_person, course)
    assert (await as_client.put(mine, json=body)).status_code == 200  # it was shared before; its answer was lost
    assert refused(await as_client.put(f"{CHECK_INS}/{new_id()}", json=check_in()))
    assert refused(await as_client.put(f"{JOURNAL}/{new_id()}", json=entry()))
    for visibility in ("only_me", "next_session"):
        await put(as_client, visibility=visibility)
        await write(as_client, visibility=visibility)
    for path in (f"{CHECK_INS}/vocabulary", f"{JOURNAL}/sharing"):
        again = datetime.fromisoformat((await as_client.get(path)).json()["shared_again_at"])
        assert again > datetime.now(UTC)
    listed = (await as_therapist.get(CHECK_INS, params=of(client_person))).json()["items"]
    assert [one["visibility"] for one in listed] == ["therapist"]


async def test_nothing_is_opened_wider_and_narrower_it_may_be(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    course: str,
):
    rooms = ((CHECK_INS, put), (JOURNAL, write))
    found = {room: {kind: (await make(as_client, visibility=kind))["id"] for kind in KINDS} for room, make in rooms}
    assert (await as_client.put(CHOICES, json={"check_ins": "therapist", "journal": "only_me"})).is_success
    line, later = ({"entry_id": found[JOURNAL]["therapist"], "text": "The sea"} for _ in range(2))
    assert (await as_client.put(f"/api/portal/agenda/{new_id()}", json=line)).status_code == 201
    await dose(as_therapist, client_person, course)
    for room, entries in found.items():
        for before, after in (("only_me", "next_session"), ("only_me", "therapist"), ("next_session", "therapist")):
            assert refused(await change(as_client, room, entries[before], after))
        assert refused(await change(as_client, room, entries["therapist"], "therapist"))  # new words for others
        assert (await change(as_client, room, entries["next_session"], "only_me")).status_code == 201
        assert (await change(as_client, room, entries["therapist"], "only_me")).status_code == 201
    assert refused(await as_client.put(CHOICES, json={"journal": "next_session"}), "journal")
    assert (await as_client.put(CHOICES, json={"check_ins": "only_me"})).is_success
    pinned = await as_client.put(f"/api/portal/agenda/{new_id()}", json=later)
    shared = await as_client.put(f"{JOURNAL}/sharing/{therapist.id}")
    for answer in (pinned, shared):
        assert (answer.status_code, answer.json()["code"]) == (409, "until_morning")


KINDS = ("only_me", "next_session", "therapist")


async def change(http: httpx.AsyncClient, room: str, written: str, visibility: str) -> httpx.Response:
    body: dict[str, Any] = check_in(version_id=str(new_id())) if room == CHECK_INS else edit()
    return await http.post(f"{room}/{written}/versions", json=body | {"visibility": visibility})


async def test_no_voice_is_added_to_what_others_see(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, course: str
):
    shared, hidden = await write(as_client), await write(as_client, visibility="only_me")
    begun = str(new_id())
    await as_client.put(f"{JOURNAL}/drafts/{begun}", json=draft())
    await dose(as_therapist, client_person, course)
    for written, status in ((shared["id"], 409), (hidden["id"], 201), (begun, 201)):
        said = await as_client.put(where(written, new_id()), json=declared(sound(500)))
        assert said.status_code == status, said.text


async def test_a_session_of_the_same_day_releases_nothing_and_the_next_one_does(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    course: str,
    database: RolledBackDatabase,
):
    kept = await write(as_client, visibility="next_session")
    await dose(as_therapist, client_person, course)  # its own opening came before the medicine
    later = await write(as_client, visibility="next_session")
    same_day = await schedule(as_therapist, client_person, course, kind="integration")
    assert (await act(as_therapist, client_person, same_day, "opening")).status_code == 200
    seen = [(await as_client.get(f"{JOURNAL}/{one['id']}")).json()["visibility"] for one in (kept, later)]
    assert seen == ["therapist", "next_session"]
    async with database.arrange() as session:
        await session.execute(text("UPDATE administrations SET given_at = given_at - interval '2 days'"))
    assert (await as_client.put(f"{CHECK_INS}/{new_id()}", json=check_in())).status_code == 201
    next_one = await schedule(as_therapist, client_person, course, kind="integration")
    assert (await act(as_therapist, client_person, next_one, "opening")).status_code == 200
    assert (await as_client.get(f"{JOURNAL}/{later['id']}")).json()["visibility"] == "therapist"


@pytest.mark.parametrize(
    ("zone", "given"),
    [
        ("UTC", time(14)),
        ("Europe/London", time(23, 30)),
        ("Pacific/Auckland", time(0, 30)),  # after midnight it is still the morning after that day
        ("America/Los_Angeles", time(5, 30)),
    ],
)
async def test_the_morning_is_the_clients_own(
    *,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    course: str,
    database: RolledBackDatabase,
    zone: str,
    given: time,
):
    """Of a dose given today by the client's clock it is six o'clock tomorrow, whichever zone the practice is in."""
    await dose(as_therapist, client_person, course)
    today = datetime.now(ZoneInfo(zone)).date()
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET time_zone = :zone"), {"zone": zone})
        moment = datetime.combine(today, given, ZoneInfo(zone))
        await session.execute(text("UPDATE administrations SET given_at = :moment"), {"moment": moment})
    async with database.unit_of_work(RowContext(client_person.id, "client")) as session:
        until = await session.scalar(UNTIL, {"client": client_person.id})
    assert until == datetime.combine(today + timedelta(days=1), time(6), ZoneInfo(zone))


async def test_another_clients_dose_keeps_nobody_waiting(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    other_client: Person,
    course: str,
    database: RolledBackDatabase,
):
    await dose(as_therapist, client_person, course)
    async with database.unit_of_work(RowContext(other_client.id, "client")) as session:
        for client in (other_client, client_person):
            assert await session.scalar(UNTIL, {"client": client.id}) is None
    async with database.arrange() as session:
        await session.execute(text("UPDATE administrations SET given_at = given_at - interval '2 days'"))
    assert (await as_client.put(f"{CHECK_INS}/{new_id()}", json=check_in())).status_code == 201

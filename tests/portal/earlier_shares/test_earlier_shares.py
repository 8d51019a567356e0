"""Care ends and somebody else takes over: the record goes on, and what was shared stays with whom it was shared."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.agenda.test_agenda import lines, pin
from tests.portal.arranging import assign, audited, number_of, put
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, act, begin, give, of, schedule
from tests.portal.journal.writing import JOURNAL, write
from tests.portal.notes.summing_up import SUMMARIES
from tests.portal.notes.summing_up import write as sum_up

PATH = "/api/portal/earlier-shares"
HANDED_OVER = timedelta(days=5)
BEFORE = """
    UPDATE check_ins SET entered_at = entered_at - interval '20 days', felt_at = felt_at - interval '20 days',
                         local_date = local_date - 20
"""


class Handed(NamedTuple):
    """What the client wrote and the first therapist recorded, before the second one took over five days ago."""

    client: Person
    successor: Person
    check_in: dict[str, Any]
    entry: dict[str, Any]
    waiting: tuple[str, str]
    open_session: str
    planned_session: str
    summary: str


@pytest.fixture
async def handed(
    *,
    database: RolledBackDatabase,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    other_therapist: Person,
) -> Handed:
    course = await begin(as_therapist, client_person)
    open_session, planned = [await schedule(as_therapist, client_person, course) for _ in range(2)]
    assert (await act(as_therapist, client_person, open_session, "opening")).is_success
    assert (await give(as_therapist, client_person, open_session)).is_success
    summary = str(new_id())
    assert (await sum_up(as_therapist, client_person, open_session, summary)).is_success
    async with database.arrange() as session:  # the dose lies some days back: nothing is shared on its day
        await session.execute(text("UPDATE administrations SET given_at = given_at - interval '9 days'"))
    check_in, entry = await put(as_client, note="Mine"), await write(as_client)
    waiting = (
        (await put(as_client, visibility="next_session"))["id"],
        (await write(as_client, visibility="next_session"))["id"],
    )
    async with database.arrange() as session:
        await session.execute(text(BEFORE))
        over = datetime.now(UTC) - HANDED_OVER
        await session.execute(text("UPDATE care_relationships SET ended_at = :over"), {"over": over})
        await assign(session, client_person, other_therapist, started_at=over)
    return Handed(client_person, other_therapist, check_in, entry, waiting, open_session, planned, summary)


def wanted(handed: Handed, **changes: Any) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    days = {"from_date": str(today - timedelta(days=60)), "until_date": str(today)}
    return {"therapist_id": str(handed.successor.id), **days, **changes}


async def reads(http: httpx.AsyncClient, handed: Handed) -> tuple[bool, bool]:
    """Whether they read the check-in and the entry of before, each by itself, and find both in no list otherwise."""
    whose, found = of(handed.client), []
    for room, one in (("/api/portal/check-ins", handed.check_in), (JOURNAL, handed.entry)):
        single = (await http.get(f"{room}/{one['id']}", params=whose)).status_code
        listed = [each["id"] for each in (await http.get(room, params=whose)).json()["items"]]
        assert (one["id"] in listed) == (single == 200)
        found.append(single == 200)
    return found[0], found[1]


async def listed_entries(http: httpx.AsyncClient, handed: Handed) -> int:
    """How many entries they find in the list, which shows no words and opens nothing."""
    return len((await http.get(JOURNAL, params=of(handed.client))).json()["items"])


async def test_the_record_goes_on_and_what_was_shared_stays_with_whom_it_was_shared(
    handed: Handed, signed_in: Open, as_therapist: httpx.AsyncClient
):
    async with signed_in(handed.successor) as http:
        whose = of(handed.client)
        (course,) = (await http.get(COURSES, params=whose)).json()["items"]
        assert {one["id"] for one in course["sessions"]} == {handed.open_session, handed.planned_session}
        assert (await http.get(f"{SUMMARIES}/{handed.summary}", params=whose)).status_code == 200
        assert (await act(http, handed.client, handed.open_session, "ending")).is_success
        assert (await act(http, handed.client, handed.planned_session, "opening")).is_success
        assert await reads(http, handed) == (False, False)
        for path in ("/api/portal/check-ins/curve", "/api/portal/brief", "/api/portal/caseload"):
            answer = await http.get(path, params=whose | ({"days": "30"} if "curve" in path else {}))
            assert handed.check_in["id"] not in answer.text
    assert await reads(as_therapist, handed) == (True, True)  # for fourteen days
    assert (await act(as_therapist, handed.client, handed.planned_session, "ending")).status_code == 404


async def test_a_session_of_the_successor_opens_nothing_that_waited_for_another(
    handed: Handed, signed_in: Open, as_client: httpx.AsyncClient
):
    async with signed_in(handed.successor) as http:
        assert (await act(http, handed.client, handed.planned_session, "opening")).is_success
    check_in, entry = handed.waiting
    assert (await as_client.get(f"/api/portal/check-ins/{check_in}")).json()["visibility"] == "next_session"
    assert (await as_client.get(f"{JOURNAL}/{entry}")).json()["visibility"] == "next_session"


async def test_what_is_shared_from_now_on_is_the_successors(
    handed: Handed, signed_in: Open, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient
):
    fresh = await put(as_client, note="For the new one")
    path = f"/api/portal/check-ins/{fresh['id']}"
    async with signed_in(handed.successor) as http:
        assert (await http.get(path, params=of(handed.client))).status_code == 200
    assert (await as_therapist.get(path, params=of(handed.client))).status_code == 404


async def test_the_client_shows_what_was_before_and_takes_it_back(
    *, handed: Handed, signed_in: Open, as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    (newcomer,) = (await as_client.get(PATH)).json()["therapists"]
    assert (newcomer["id"], newcomer["check_ins"], newcomer["entries"]) == (str(handed.successor.id), 1, 1)
    share = f"{PATH}/{new_id()}"
    first, again = [await as_client.put(share, json=wanted(handed)) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert (await as_client.put(share, json=wanted(handed, from_date="2026-01-01"))).status_code == 409
    shown = (await as_client.get(PATH)).json()
    assert (shown["therapists"][0]["check_ins"], shown["therapists"][0]["entries"]) == (0, 0)
    async with signed_in(handed.successor) as http:
        assert await listed_entries(http, handed) == 1
        for _ in range(2):
            assert (await as_client.put(f"{share}/end")).json()["shares"][0]["taken_back_at"]
        assert await reads(http, handed) == (False, False)
    assert [event.outcome for event in await audited(database, "earlier.shared")].count("success") == 1
    assert [event.outcome for event in await audited(database, "earlier.taken_back")] == ["success"]


async def test_what_was_opened_stays_open(handed: Handed, signed_in: Open, as_client: httpx.AsyncClient):
    share = f"{PATH}/{new_id()}"
    await as_client.put(share, json=wanted(handed))
    async with signed_in(handed.successor) as http:
        assert await reads(http, handed) == (True, True)
        assert (await as_client.put(f"{share}/end")).status_code == 200
        assert await reads(http, handed) == (True, True)


async def test_only_the_days_that_were_said(handed: Handed, signed_in: Open, as_client: httpx.AsyncClient):
    felt_on = date.fromisoformat(handed.entry["felt_at"][:10]) - timedelta(days=20)
    around = {"from_date": str(felt_on - timedelta(days=1)), "until_date": str(felt_on + timedelta(days=1))}
    await as_client.put(f"{PATH}/{new_id()}", json=wanted(handed, **around))
    async with signed_in(handed.successor) as http:
        assert await reads(http, handed) == (True, False)  # the entry is of today


async def test_refused(
    *,
    handed: Handed,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    therapist: Person,
    other_client: Person,
    database: RolledBackDatabase,
):
    former = await as_client.put(f"{PATH}/{new_id()}", json=wanted(handed, therapist_id=str(therapist.id)))
    assert former.status_code == 404
    wrong = await as_client.put(f"{PATH}/{new_id()}", json=wanted(handed, until_date="2001-01-01"))
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "until_date")
    assert (await as_client.put(f"{PATH}/{new_id()}/end")).status_code == 404
    assert (await as_therapist.put(f"{PATH}/{new_id()}", json=wanted(handed))).status_code == 403
    async with signed_in(other_client) as http:
        assert (await http.put(f"{PATH}/{new_id()}", json=wanted(handed))).status_code == 404
    async with database.arrange() as session:
        await session.execute(text("UPDATE administrations SET given_at = now()"))
    later = await as_client.put(f"{PATH}/{new_id()}", json=wanted(handed))
    assert (later.status_code, later.json()["code"]) == (409, "until_morning")
    assert await number_of(database, "earlier_shares") == 0


@pytest.fixture
async def pinned(handed: Handed, as_client: httpx.AsyncClient, database: RolledBackDatabase, therapist: Person) -> str:
    """A line of an entry that only the client sees, pinned for the first therapist ten days ago."""
    entry = await write(as_client, visibility="only_me")
    line = str((await pin(as_client, entry))["id"])
    async with database.arrange() as session:
        back = """UPDATE pinned_lines SET shown_to = ARRAY[CAST(:first AS uuid)],
                  pinned_at = pinned_at - interval '10 days', local_date = local_date - 10
                  WHERE client_id = :client"""
        await session.execute(text(back), {"first": therapist.id, "client": handed.client.id})
    return line


async def sees_line(http: httpx.AsyncClient, handed: Handed) -> bool:
    """Looking at the agenda reads what is on it."""
    return bool(await lines(http, **of(handed.client)))


async def test_a_pinned_line_of_before_is_shown_and_taken_back_until_it_was_read(
    *, handed: Handed, pinned: str, signed_in: Open, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient
):
    (newcomer,) = (await as_client.get(PATH)).json()["therapists"]
    assert newcomer["lines"] == 1
    async with signed_in(handed.successor) as http:
        assert not await sees_line(http, handed)
        share = f"{PATH}/{new_id()}"
        assert (await as_client.put(share, json=wanted(handed))).status_code == 201
        (newcomer,) = (await as_client.get(PATH)).json()["therapists"]
        assert newcomer["lines"] == 0
        (line,) = await lines(as_client)
        assert [one["id"] for one in line["shown_to"]][1:] == [str(handed.successor.id)]
        assert (await as_client.put(f"{share}/end")).is_success
        assert not await sees_line(http, handed)
        assert [len(one["shown_to"]) for one in await lines(as_client)] == [1]
        share = f"{PATH}/{new_id()}"
        assert (await as_client.put(share, json=wanted(handed))).status_code == 201
        assert await sees_line(http, handed)
        assert (await as_client.delete(f"/api/portal/agenda/{pinned}")).status_code == 409
        assert (await as_client.put(f"{share}/end")).is_success
        assert await sees_line(http, handed)  # what was read stays theirs
    assert await sees_line(as_therapist, handed)  # for fourteen days


async def test_of_pinned_lines_too_only_the_days_that_were_said(
    handed: Handed, pinned: str, signed_in: Open, as_client: httpx.AsyncClient
):
    today = datetime.now(UTC).date()
    late = {"from_date": str(today - timedelta(days=4)), "until_date": str(today)}
    assert (await as_client.put(f"{PATH}/{new_id()}", json=wanted(handed, **late))).status_code == 201
    async with signed_in(handed.successor) as http:
        assert not await sees_line(http, handed)
    assert [one["id"] for one in await lines(as_client)] == [pinned]


@pytest.mark.usefixtures("pinned")
async def test_the_row_policy_shows_a_line_of_before_to_nobody_else_and_ends_with_care(
    *,
    handed: Handed,
    as_client: httpx.AsyncClient,
    database: RolledBackDatabase,
    admin: Person,
    other_client: Person,
):
    assert (await as_client.put(f"{PATH}/{new_id()}", json=wanted(handed))).status_code == 201
    asking = text("SELECT count(*) FROM pinned_lines")

    async def seen(who: RowContext) -> int:
        async with database.unit_of_work(who) as session:
            return int(await session.scalar(asking) or 0)

    successor = RowContext(handed.successor.id, "therapist")
    assert await seen(successor) == 1
    for who in (
        RowContext(handed.successor.id, "client"),
        RowContext(admin.id, "admin"),
        RowContext(other_client.id, "client"),
        RowContext(),
    ):
        assert await seen(who) == 0, who
    async with database.arrange() as session:
        await session.execute(
            text("UPDATE care_relationships SET ended_at = now() - interval '15 days' WHERE therapist_id = :one"),
            {"one": handed.successor.id},
        )
    assert await seen(successor) == 0


async def test_what_is_pinned_after_a_choice_is_not_in_it(
    handed: Handed, signed_in: Open, as_client: httpx.AsyncClient, database: RolledBackDatabase, therapist: Person
):
    """As for somebody whose care is over: what is pinned since is for whoever treats the client now."""
    assert (await as_client.put(f"{PATH}/{new_id()}", json=wanted(handed))).status_code == 201
    await pin(as_client, await write(as_client, visibility="only_me"))
    async with database.arrange() as session:
        await session.execute(
            text("UPDATE pinned_lines SET shown_to = ARRAY[CAST(:other AS uuid)]"), {"other": therapist.id}
        )
    async with signed_in(handed.successor) as http:
        assert not await sees_line(http, handed)

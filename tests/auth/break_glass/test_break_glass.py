"""In an emergency: a record is open for an hour, everybody concerned is told, and somebody else reviews it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.break_glass.models import BreakGlassReview
from afterglow_auth.care import service as care
from afterglow_auth.covers.models import Grant
from afterglow_auth.events.models import EventReceiver, SecurityEvent
from afterglow_auth.mail.sending import SEND_LETTER
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from tests.auth.arranging import Browser, Desk, Program, add_person, audited, letters, open_browser, problem, queued
from tests.auth.test_step_up import bearing, let_proof_grow_old

PATH = "/break-glass"


class Emergency(NamedTuple):
    """A client, whoever treats them, and a therapist who does not, signed in."""

    client: Person
    treating: Person
    opener: Desk

    def wanted(self, **changes: Any) -> dict[str, Any]:
        return {"email": self.client.email, "reason": "danger"} | changes

    async def open(self, **changes: Any) -> httpx.Response:
        return await self.opener.put(f"{PATH}/{new_id()}", self.wanted(**changes))


@pytest_asyncio.fixture(loop_scope="session")
async def emergency(
    database: RolledBackDatabase, other_browser: Browser, person: Person, staff: dict[str, Person], web: Program
) -> Emergency:
    async with database.arrange() as session:
        opener = await add_person(session, "therapist", name="The one nearby")
        await care.assign(session, person.id, staff["therapist"].id, started_at=datetime(2026, 1, 1, tzinfo=UTC))
        await Program("portal", kind="service", scopes="security_events").register(session)
        session.add(EventReceiver(client_id="portal"))
    return Emergency(person, staff["therapist"], await Desk.of(other_browser, opener, web))


async def waiting(desk: Desk) -> int:
    """How many an admin's navigation says are to be reviewed."""
    found: int = (await desk.get("/proposals/waiting"))["reviews"]
    return found


async def grants(database: RolledBackDatabase) -> list[Grant]:
    async with database.arrange() as session:
        return list(await session.scalars(select(Grant).order_by(col(Grant.id))))


async def test_a_record_is_open_for_an_hour_and_everybody_is_told_at_once(
    app: FastAPI, desk: Desk, emergency: Emergency, database: RolledBackDatabase
):
    path, wanted = f"{PATH}/{new_id()}", emergency.wanted(email=emergency.client.email.upper())
    first, again = await emergency.opener.put(path, wanted), await emergency.opener.put(path, wanted)
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    (grant,) = await grants(database)
    assert (grant.kind, grant.reason_code, grant.therapist_id) == ("break_glass", "danger", emergency.opener.person.id)
    assert grant.ends_at - grant.starts_at == timedelta(hours=1)
    async with database.arrange() as session:
        asked = select(SecurityEvent).where(col(SecurityEvent.type) == "urn:afterglow:event:grant")
        (told,) = list(await session.scalars(asked))
    assert (told.payload["kind"], told.payload["reason_code"], told.payload["client_id"]) == (
        "break_glass",
        "danger",
        str(emergency.client.id),
    )
    promised = await letters(app, database)
    at_once = [one for one in promised if one.letter == "record_opened"]
    tomorrow = [one for one in promised if one.letter == "review_waits"]
    reviewers = {emergency.treating.id, desk.person.id}
    assert {one.to for one in at_once} == reviewers | {emergency.client.id}
    assert {one.to for one in tomorrow} == reviewers
    for one in promised:
        if one.mail and one.letter in {"record_opened", "review_waits"}:
            for word in (emergency.client.name, "The one nearby", "danger", "therap", "ketamin"):
                assert word not in one.mail.subject + one.mail.text
    (kept,) = await audited(database, "break_glass:opened")
    assert (kept.actor_id, kept.subject_id, kept.purpose) == (
        emergency.opener.person.id,
        emergency.client.id,
        "break_glass_danger",
    )
    due = [after for payload, after in await queued(database, SEND_LETTER) if payload["letter"] == "review_waits"]
    assert all(timedelta(hours=23) < after - grant.starts_at < timedelta(hours=25) for after in due)


async def test_who_is_nobody_here_answers_as_nobody_does(
    desk: Desk, emergency: Emergency, database: RolledBackDatabase
):
    """An address of the staff, of a closed account and of nobody: one answer, and after five of them a wait."""
    async with database.arrange() as session:
        closed = await add_person(session)
        await disable(session, closed.id)
    nobodies = (desk.person.email, closed.email, "nobody@example.org", "somebody@example.org", desk.person.email)
    answers = [await emergency.open(email=address) for address in nobodies]
    said = [answer.json() | {"request_id": ""} for answer in answers]
    assert said == [said[0]] * 5
    assert problem(answers[0]) == (404, "not_found")
    waits = await emergency.open()
    assert problem(waits) == (429, "too_many_requests")
    assert int(waits.headers["retry-after"]) > 0
    assert await grants(database) == []
    assert Counter(one.outcome for one in await audited(database, "break_glass:opened")) == Counter(refused=6)


async def test_whoever_finds_somebody_does_not_wait(emergency: Emergency, database: RolledBackDatabase):
    async with database.arrange() as session:
        others = [await add_person(session) for _ in range(7)]
    assert [(await emergency.open(email=one.email)).status_code for one in others] == [201] * 7


async def test_refused(desk: Desk, emergency: Emergency, app: FastAPI, web: Program):
    assert problem(await desk.put(f"{PATH}/{new_id()}", emergency.wanted())) == (403, "forbidden")  # an admin
    async with open_browser(app) as client:
        treating = await Desk.of(Browser(client), emergency.treating, web)
        answer = await treating.put(f"{PATH}/{new_id()}", emergency.wanted())
    assert problem(answer) == (409, "already_assigned")
    opened = await emergency.open()
    assert opened.status_code == 201
    assert problem(await emergency.open()) == (409, "already_open")
    path = f"{PATH}/{opened.json()['id']}"
    assert problem(await emergency.opener.put(path, emergency.wanted(reason="medical"))) == (409, "conflict")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": "curious"}, "reason"),
        ({"email": " "}, "email"),
        ({"email": "a\0@example.org"}, "email"),
        ({"therapist_id": "x"}, "therapist_id"),
    ],
)
async def test_bad_input_names_the_field(emergency: Emergency, changes: dict[str, str], field: str):
    answer = await emergency.open(**changes)
    assert problem(answer) == (422, "invalid_input")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_without_a_fresh_proof_nothing_opens(
    emergency: Emergency, other_browser: Browser, web: Program, database: RolledBackDatabase
):
    await let_proof_grow_old(database)
    resting = Desk(other_browser.client, emergency.opener.person, await bearing(other_browser, web))
    answer = await resting.put(f"{PATH}/{new_id()}", emergency.wanted())
    assert problem(answer) == (401, "step_up_needed")
    assert await grants(database) == []


async def test_a_disabled_therapist_opens_nothing(emergency: Emergency, database: RolledBackDatabase):
    async with database.arrange() as session:
        await disable(session, emergency.opener.person.id)
    assert (await emergency.open()).status_code == 401
    assert await grants(database) == []


async def test_after_its_hour_it_can_be_opened_anew(emergency: Emergency, database: RolledBackDatabase):
    await emergency.open()
    async with database.arrange() as session:
        over = datetime.now(UTC) - timedelta(minutes=1)
        await session.execute(update(Grant).values(starts_at=over - timedelta(hours=1), ends_at=over))
    assert (await emergency.open()).status_code == 201
    assert len(await grants(database)) == 2


async def test_it_is_reviewed_once_by_somebody_else(
    app: FastAPI, desk: Desk, emergency: Emergency, database: RolledBackDatabase
):
    opened = (await emergency.open()).json()
    path = f"{PATH}/{opened['id']}/review"
    found = {"outcome": "in_order", "remark": "Rang twice before; nobody answered."}
    assert opened["yours_to_review"] is False
    assert problem(await emergency.opener.put(path, found)) == (403, "own_act")
    listed = await desk.get(PATH)
    assert (listed["waiting"], listed["items"][0]["yours_to_review"], listed["items"][0]["review"]) == (1, True, None)
    assert await waiting(desk) == 1
    first, again = await desk.put(path, found), await desk.put(path, found)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["review"] | {"at": ""} == {
        "by": {"id": str(desk.person.id), "name": desk.person.name},
        "at": "",
        **found,
    }
    assert problem(await desk.put(path, {"outcome": "to_follow_up"})) == (409, "reviewed_before")
    assert (await desk.get(PATH))["waiting"] == await waiting(desk) == 0
    async with database.arrange() as session:
        row = (await session.scalars(select(BreakGlassReview))).one()
    assert b"Rang" not in (row.remark or b"")
    assert [one.outcome for one in await audited(database, "break_glass:reviewed")].count("success") == 1
    assert not any(one.mail for one in await letters(app, database) if one.letter == "review_waits")


async def test_a_therapist_sees_what_concerns_their_clients_and_themselves(
    emergency: Emergency, database: RolledBackDatabase, app: FastAPI, web: Program
):
    opened = (await emergency.open()).json()
    async with database.arrange() as session:
        stranger = await add_person(session, "therapist")
    for person, sees in ((emergency.treating, True), (stranger, False)):
        async with open_browser(app) as client:
            theirs = await Desk.of(Browser(client), person, web)
            assert [one["id"] for one in (await theirs.get(PATH))["items"]] == ([opened["id"]] if sees else [])
            one = await theirs.ask("GET", f"{PATH}/{opened['id']}")
            assert one.status_code == (200 if sees else 404)
            answer = await theirs.put(f"{PATH}/{opened['id']}/review", {"outcome": "to_follow_up"})
            assert answer.status_code == (201 if sees else 404)
    assert (await emergency.opener.get(PATH))["items"][0]["review"]["outcome"] == "to_follow_up"


async def test_the_database_itself_lets_nobody_open_for_another_or_for_longer(
    emergency: Emergency, database: RolledBackDatabase
):
    adding = text("""
        INSERT INTO grants (id, kind, client_id, therapist_id, reason_code, starts_at, ends_at)
        VALUES (gen_random_uuid(), 'break_glass', :client, :therapist, 'danger', now(), now() + :lasts)
    """)
    own = {"client": emergency.client.id, "therapist": emergency.opener.person.id, "lasts": timedelta(hours=1)}
    context = RowContext(emergency.opener.person.id, "therapist")
    for changes, who in (
        ({"therapist": emergency.treating.id}, context),
        ({"lasts": timedelta(hours=2)}, context),
        ({}, RowContext(emergency.opener.person.id, "admin")),
        ({}, RowContext()),
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.unit_of_work(who) as session:
                await session.execute(adding, own | changes)
    reviewing = text("INSERT INTO break_glass_reviews VALUES (:grant, :by, now(), 'in_order')")
    opened = (await emergency.open()).json()
    for by, role in ((emergency.opener.person.id, "therapist"), (emergency.client.id, "client")):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.unit_of_work(RowContext(by, role)) as session:
                await session.execute(reviewing, {"grant": opened["id"], "by": by})


async def test_twice_at_once_is_one_grant(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        client, opener = await add_person(session), await add_person(session, "therapist")
        program = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as http:
        desk = await Desk.of(Browser(http), opener, program)
        wanted = {"email": client.email, "reason": "medical"}
        same = new_id()
        ids = [same, same, new_id(), same, new_id()]
        answers = await asyncio.gather(*(desk.put(f"{PATH}/{one}", wanted) for one in ids))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[201] == 1
    assert set(statuses) <= {200, 201, 409}
    async with committed_superuser.sessions() as session:
        made = await session.scalars(select(Grant).where(col(Grant.client_id) == client.id))
        assert len(made.all()) == 1


async def test_it_is_ended_before_its_hour_is_over(emergency: Emergency, database: RolledBackDatabase):
    """By whoever opened it: the others are told by the feed, the client by the access log, and it is still reviewed."""
    opened = (await emergency.open()).json()
    path = f"{PATH}/{opened['id']}/end"
    assert (opened["ended_by"], opened["yours_to_end"]) == (None, True)
    first, again = await emergency.opener.put(path), await emergency.opener.put(path)
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    assert first.json()["ended_by"] == {"id": str(emergency.opener.person.id), "name": "The one nearby"}
    assert (first.json()["yours_to_end"], first.json()["review"]) == (False, None)
    (grant,) = await grants(database)
    assert grant.ends_at < grant.starts_at + timedelta(hours=1)
    async with database.arrange() as session:
        asked = select(SecurityEvent).where(col(SecurityEvent.type) == "urn:afterglow:event:grant")
        told = list(await session.scalars(asked.order_by(col(SecurityEvent.id))))
    assert [datetime.fromisoformat(one.payload["ends_at"]) for one in told][1:] == [grant.ends_at]
    (kept,) = await audited(database, "break_glass:ended")
    assert (kept.actor_id, kept.subject_id, kept.object_id) == (
        emergency.opener.person.id,
        emergency.client.id,
        grant.id,
    )
    tomorrow = [
        payload for payload, _after in await queued(database, SEND_LETTER) if payload["letter"] == "review_waits"
    ]
    assert tomorrow
    assert (await emergency.open()).status_code == 201  # another emergency is another grant


async def test_an_admin_ends_it_and_nobody_else(
    desk: Desk, emergency: Emergency, app: FastAPI, web: Program, database: RolledBackDatabase
):
    opened = (await emergency.open()).json()
    path = f"{PATH}/{opened['id']}/end"
    async with database.arrange() as session:
        stranger = await add_person(session, "therapist")
    for person, status in ((emergency.treating, 403), (stranger, 404), (emergency.client, 403)):
        async with open_browser(app) as client:
            theirs = await Desk.of(Browser(client), person, web)
            assert (await theirs.put(path)).status_code == status
    assert (await grants(database))[0].ended_by is None
    assert (await desk.get(f"{PATH}/{opened['id']}"))["yours_to_end"] is True
    ended = await desk.put(path)
    assert (ended.status_code, ended.json()["ended_by"]["id"]) == (200, str(desk.person.id))
    assert ended.json()["yours_to_review"] is True  # it was opened all the same
    assert (await emergency.opener.put(path)).json()["ended_by"]["id"] == str(desk.person.id)
    outcomes = Counter(one.outcome for one in await audited(database, "break_glass:ended"))
    assert outcomes == Counter(refused=2, success=1)
    assert (await desk.put(f"{PATH}/{new_id()}/end")).status_code == 404


async def test_what_is_over_is_not_ended(emergency: Emergency, database: RolledBackDatabase):
    opened = (await emergency.open()).json()
    over = datetime.now(UTC) - timedelta(minutes=1)
    async with database.arrange() as session:
        await session.execute(update(Grant).values(starts_at=over - timedelta(hours=1), ends_at=over))
    answer = await emergency.opener.put(f"{PATH}/{opened['id']}/end")
    assert (answer.status_code, answer.json()["ended_by"], answer.json()["yours_to_end"]) == (200, None, False)
    assert (await grants(database))[0].ends_at == over
    assert await audited(database, "break_glass:ended") == []


async def test_ending_needs_no_fresh_proof(
    emergency: Emergency, other_browser: Browser, web: Program, database: RolledBackDatabase
):
    opened = (await emergency.open()).json()
    await let_proof_grow_old(database)
    resting = Desk(other_browser.client, emergency.opener.person, await bearing(other_browser, web))
    assert (await resting.put(f"{PATH}/{opened['id']}/end")).status_code == 200


async def test_the_database_itself_lets_others_end_nothing_and_nobody_make_it_last_longer(
    desk: Desk, emergency: Emergency, database: RolledBackDatabase
):
    await emergency.open()
    opener, other = RowContext(emergency.opener.person.id, "therapist"), RowContext(emergency.treating.id, "therapist")
    ending = text("UPDATE grants SET ends_at = now() + :longer, ended_by = :by RETURNING id")
    for who, by, longer in (
        (opener, emergency.opener.person.id, timedelta(minutes=30)),
        (opener, emergency.treating.id, timedelta()),
        (RowContext(desk.person.id, "admin"), emergency.opener.person.id, timedelta()),
        (RowContext(desk.person.id, "admin"), desk.person.id, timedelta(hours=2)),
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.unit_of_work(who) as session:
                await session.execute(ending, {"by": by, "longer": longer})
    for who in (other, RowContext(emergency.client.id, "client"), RowContext()):
        async with database.unit_of_work(who) as session:
            assert (await session.execute(ending, {"by": who.person, "longer": timedelta()})).all() == []


async def test_ended_twice_at_once_it_is_ended_once(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        client, opener = await add_person(session), await add_person(session, "therapist")
        program = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as http:
        desk = await Desk.of(Browser(http), opener, program)
        grant = new_id()
        made = await desk.put(f"{PATH}/{grant}", {"email": client.email, "reason": "medical"})
        assert made.status_code == 201
        answers = await asyncio.gather(*(desk.put(f"{PATH}/{grant}/end") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["ends_at"] for answer in answers}) == 1
    async with committed_superuser.sessions() as session:
        kept = text("SELECT count(*) FROM audit_events WHERE action = 'break_glass:ended' AND object_id = :grant")
        assert await session.scalar(kept, {"grant": grant}) == 1

"""Process notes of somebody who is gone: two people open them for a week, for a reason that is kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import audited, introduce, stand_in
from tests.portal.conftest import Open
from tests.portal.course.treating import of
from tests.portal.process_notes.noting import edit, erase, note
from tests.portal.process_notes.noting import read as read_own
from tests.portal.sealed_notes.opening import SEALED, WHY, ask, decide, leave, read, sealed
from tests.portal.test_row_security import acting, refused, rows

SENDERS = 10


@pytest.fixture
async def as_successor(
    *,
    database: RolledBackDatabase,
    signed_in: Open,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever treats the client now, after somebody who left two notes, one of them erased, and changed the other."""
    made = await note(as_therapist, client_person)
    assert (await edit(as_therapist, client_person, made)).is_success
    assert (await erase(as_therapist, client_person, await note(as_therapist, client_person))).is_success
    await leave(database, client_person, therapist, other_therapist)
    async with signed_in(other_therapist) as http:
        yield http


@pytest.fixture
async def as_admin(signed_in: Open, admin: Person) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(admin) as http:
        yield http


async def asked(http: httpx.AsyncClient, client: Person, author: Person) -> str:
    opening = str(new_id())
    answer = await ask(http, client, author, opening)
    assert answer.status_code == 201, answer.text
    return opening


async def test_one_asks_another_decides_and_for_a_week_they_are_read(
    *, as_successor: httpx.AsyncClient, as_admin: httpx.AsyncClient, client_person: Person, therapist: Person,
    other_therapist: Person, admin: Person, database: RolledBackDatabase,
):  # fmt: skip
    (book,) = await sealed(as_successor, client_person)
    assert book == {"author": {"id": str(therapist.id), "name": therapist.name}, "opening": None}
    opening = await asked(as_successor, client_person, therapist)
    assert (await read(as_successor, client_person, opening)).status_code == 404
    (waiting,) = (await as_admin.get(f"{SEALED}/openings")).json()["items"]
    assert (await as_admin.get(f"{SEALED}/openings/waiting")).json() == {"waiting": 1}
    assert (await as_successor.get(f"{SEALED}/openings/waiting")).status_code == 403
    assert (waiting["words"], waiting["ground"], waiting["state"]) == (WHY, "legal", "waiting")
    assert (waiting["author_id"], waiting["asked_by"]) == (str(therapist.id), str(other_therapist.id))
    assert [(await decide(as_admin, opening)).status_code for _ in range(2)] == [201, 200]
    assert (await as_admin.get(f"{SEALED}/openings/waiting")).json() == {"waiting": 0}
    (book,) = await sealed(as_successor, client_person)
    ends = datetime.fromisoformat(book["opening"]["ends_at"])
    assert book["opening"]["state"] == "open"
    assert timedelta(days=6) < ends - datetime.now(UTC) <= timedelta(days=7)
    (opened,) = (await read(as_successor, client_person, opening)).json()["items"]
    assert (opened["text"], opened["version"]) == ("Shorter.", 2)
    assert (await read_own(as_successor, client_person)).json()["items"] == []  # one's own are others
    for action, actor, purpose in (
        ("sealed_notes.asked", other_therapist, "notes_legal"),
        ("sealed_notes.decided", admin, "notes_approved"),
        ("sealed_notes.read", other_therapist, None),
    ):
        (one,) = [one for one in await audited(database, action) if one.outcome == "success"]
        assert (one.actor_id, one.subject_id, one.object_id) == (actor.id, client_person.id, UUID(opening))
        assert one.purpose == purpose


async def test_declined_over_or_back_in_care_nothing_opens(
    *, as_successor: httpx.AsyncClient, as_admin: httpx.AsyncClient, as_therapist: httpx.AsyncClient,
    client_person: Person, therapist: Person, database: RolledBackDatabase,
):  # fmt: skip
    first = await asked(as_successor, client_person, therapist)
    assert (await decide(as_admin, first, approved=False)).status_code == 201
    assert (await read(as_successor, client_person, first)).status_code == 404
    other_way = await decide(as_admin, first)
    assert (other_way.status_code, other_way.json()["code"]) == (409, "already_decided")
    second = await asked(as_successor, client_person, therapist)
    assert (await decide(as_admin, second)).status_code == 201
    again = await ask(as_successor, client_person, therapist)
    assert (again.status_code, again.json()["code"]) == (409, "already_asked")

    async def change(statement: str) -> None:
        async with database.arrange() as session:
            await session.execute(text(statement), {"one": therapist.id})

    await change("UPDATE care_relationships SET ended_at = NULL WHERE therapist_id = :one")
    assert await sealed(as_successor, client_person) == []
    assert (await read(as_successor, client_person, second)).status_code == 404
    assert (await read_own(as_therapist, client_person)).json()["items"] != []
    await change("UPDATE people SET disabled_at = now() WHERE id = :one")
    assert (await read(as_successor, client_person, second)).status_code == 200
    await change("UPDATE care_relationships SET ended_at = now() WHERE therapist_id <> :one")
    assert (await read(as_successor, client_person, second)).status_code == 404
    await change("UPDATE care_relationships SET ended_at = NULL WHERE therapist_id <> :one")
    await change(
        "UPDATE note_openings SET decided_at = now() - interval '8 days', ends_at = now() - interval '1 day'"
        " WHERE approved AND author_id = :one"
    )
    assert (await read(as_successor, client_person, second)).status_code == 404
    assert (await sealed(as_successor, client_person))[0]["opening"]["state"] == "over"


async def test_while_their_writer_reads_they_are_not_sealed(
    *, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person, therapist: Person,
    other_therapist: Person, database: RolledBackDatabase,
):  # fmt: skip
    await note(as_therapist, client_person)
    await leave(database, client_person, therapist, other_therapist, days=13)
    async with signed_in(other_therapist) as http:
        assert await sealed(http, client_person) == []
        assert (await ask(http, client_person, therapist)).status_code == 404


async def test_nobody_else_asks_decides_or_reads(
    *, as_successor: httpx.AsyncClient, as_admin: httpx.AsyncClient, as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person, other_client: Person,
    signed_in: Open, database: RolledBackDatabase, other_therapist: Person,
):  # fmt: skip
    """An admin opens nothing, whoever asked does not decide, the writer who is gone reads no more."""
    opening = await asked(as_successor, client_person, therapist)
    assert (await decide(as_successor, opening)).status_code == 403
    assert (await as_successor.get(f"{SEALED}/openings")).status_code == 403
    assert (await decide(as_admin, opening)).status_code == 201
    assert (await read(as_admin, client_person, opening)).status_code == 403
    assert (await ask(as_admin, client_person, therapist)).status_code == 403
    for http in (as_client, as_therapist):
        status = 403 if http is as_client else 404
        assert (await read(http, client_person, opening)).status_code == status
        assert (await ask(http, client_person, therapist)).status_code == status
    assert (await ask(as_successor, other_client, therapist)).status_code == 404
    assert (await read(as_successor, other_client, opening)).status_code == 404
    assert (await decide(as_admin, str(new_id()))).status_code == 404
    async with database.arrange() as session:  # whoever only stands in
        await session.execute(
            text("DELETE FROM care_relationships WHERE therapist_id = :one"), {"one": other_therapist.id}
        )
        await stand_in(session, client_person, other_therapist, therapist)
    async with signed_in(other_therapist) as http:
        assert (await http.get(f"/api/portal/clients/{client_person.id}")).status_code == 200
        assert (await http.get(SEALED, params=of(client_person))).status_code == 404
        assert (await read(http, client_person, opening)).status_code == 404


async def test_its_client_learns_of_it_nowhere(
    *, as_successor: httpx.AsyncClient, as_admin: httpx.AsyncClient, as_client: httpx.AsyncClient,
    client_person: Person, therapist: Person,
):  # fmt: skip
    opening = await asked(as_successor, client_person, therapist)
    assert (await decide(as_admin, opening)).is_success
    assert (await read(as_successor, client_person, opening)).is_success
    assert (await as_client.get("/api/portal/access-log")).json()["items"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"words": " "}, "words"),
        ({"words": "x" * 1_001}, "words"),
        ({"ground": "curiosity"}, "ground"),
        ({"approved": True}, "approved"),
    ],
)
async def test_bad_input_names_the_field(
    as_successor: httpx.AsyncClient, client_person: Person, therapist: Person, wrong: dict[str, Any], field: str
):
    bad = await ask(as_successor, client_person, therapist, **wrong)
    assert (bad.status_code, [one["field"] for one in bad.json()["errors"]]) == (422, [field])


async def test_sent_again_and_sent_otherwise(
    as_successor: httpx.AsyncClient, client_person: Person, therapist: Person, database: RolledBackDatabase
):
    opening = str(new_id())
    said = [(await ask(as_successor, client_person, therapist, opening)).status_code for _ in range(2)]
    assert said == [201, 200]
    assert (await ask(as_successor, client_person, therapist, opening, words="Other")).status_code == 409
    async with database.arrange() as arranged:
        kept = await arranged.scalar(text("SELECT string_agg(t::text, '') FROM note_openings AS t"))
    assert "court" not in kept
    assert b"court".hex() not in kept


async def test_the_database_holds_it_by_itself(
    *, as_successor: httpx.AsyncClient, as_admin: httpx.AsyncClient, client_person: Person, therapist: Person,
    other_therapist: Person, other_client: Person, admin: Person, database: RolledBackDatabase,
):  # fmt: skip
    """Nobody approves their own wish, changes what was decided, or reads more rows than were opened."""
    opening = await asked(as_successor, client_person, therapist)
    approve = (
        "UPDATE note_openings SET decided_by = :by, decided_at = now(), approved = true,"
        " ends_at = now() + interval '7 days'"
    )
    async with acting(database, RowContext(other_therapist.id, "therapist")) as session:
        changed = await session.execute(text(approve), {"by": admin.id})
        assert changed.rowcount == 0  # type: ignore[attr-defined]  # an UPDATE answers with a cursor result
        assert await rows(session, "SELECT * FROM process_notes") == []
        assert await refused(session, "UPDATE note_openings SET asked_by = client_id")
        assert await refused(session, "DELETE FROM note_openings")
    async with acting(database, RowContext(admin.id, "admin")) as session:
        assert await refused(session, approve, by=other_therapist.id)
        assert await refused(session, "UPDATE note_openings SET words = ''")
    assert (await decide(as_admin, opening)).is_success
    async with acting(database, RowContext(admin.id, "admin")) as session:
        changed = await session.execute(text(approve), {"by": admin.id})
        assert changed.rowcount == 0  # type: ignore[attr-defined]  # an UPDATE answers with a cursor result
        for table in ("process_notes", "note_books", "process_note_versions"):
            assert await rows(session, f"SELECT * FROM {table}") == []  # noqa: S608  # names of ours
    async with acting(database, RowContext(other_therapist.id, "therapist")) as session:
        assert {row.therapist_id for row in await rows(session, "SELECT * FROM process_notes")} == {therapist.id}
        changed = await session.execute(text("UPDATE process_notes SET version = 9"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]  # an UPDATE answers with a cursor result
        assert await rows(session, "SELECT * FROM process_note_versions") == []
    for person, role in ((client_person, "client"), (other_client, "client"), (therapist, "therapist")):
        async with acting(database, RowContext(person.id, role)) as session:
            for table in ("process_notes", "note_openings"):
                assert await rows(session, f"SELECT * FROM {table}") == []  # noqa: S608  # names of ours


async def test_an_admin_who_has_not_just_proved_who_they_are_decides_nothing(
    *, as_successor: httpx.AsyncClient, client_person: Person, therapist: Person, admin: Person, app: FastAPI,
    issuer: TestIssuer,
):  # fmt: skip
    opening = await asked(as_successor, client_person, therapist)
    old = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    async with open_client(app, issuer.token(admin, "portal", auth_time=old)) as http:
        refused_once = await decide(http, opening)
        assert (refused_once.status_code, refused_once.json()["code"]) == (401, "step_up_needed")


async def test_of_many_at_once_one_is_kept(
    committed_app: FastAPI, committed_people: tuple[Person, Person], committed_superuser: Database, issuer: TestIssuer
):
    """The same wish is kept once, of several for the same notes the first stays, and so does the first decision."""
    client, successor = committed_people
    author, admin = Person(Role.therapist, "Dr Gone"), Person(Role.admin, "Robin Castellano")
    async with committed_superuser.sessions() as session, session.begin():
        await introduce(session, admin)
        book = "INSERT INTO note_books (id, therapist_id, client_id, opened_at) VALUES (:id, :author, :client, now())"
        await session.execute(text(book), {"id": new_id(), "author": author.id, "client": client.id})

    async def at_once(*sent: Awaitable[httpx.Response]) -> dict[int, int]:
        return Counter(answer.status_code for answer in await asyncio.gather(*sent))

    opening = str(new_id())
    async with open_client(committed_app, issuer.token(successor, "portal")) as http:
        same = [ask(http, client, author, opening) for _ in range(SENDERS)]
        assert await at_once(*same) == {201: 1, 200: SENDERS - 1}
        assert await at_once(*(ask(http, client, author) for _ in range(SENDERS))) == {409: SENDERS}
    async with open_client(committed_app, issuer.token(admin, "portal")) as http:
        both = [decide(http, opening, approved=one % 2 == 0) for one in range(SENDERS)]
        said = await at_once(*both)
        assert said == {201: 1, 200: SENDERS // 2 - 1, 409: SENDERS // 2}

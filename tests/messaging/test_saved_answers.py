"""A therapist's saved answers: their own, sealed, fifty at most, changed by who saw what they change."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import SET_CONTEXT, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.saved_answers.service import MOST
from sqlalchemy import text

from tests.messaging.practice import API, Pair, Practice

PATH = f"{API}/saved-answers"
BODY = {"name": "Out of the office", "text": "I am back on Monday."}


async def save(practice: Practice, person: Person, answer: UUID | None = None, **changes: Any) -> Any:
    async with practice.signed_in(person) as http:
        return await http.put(f"{PATH}/{answer or new_id()}", json=BODY | changes)


async def names(practice: Practice, person: Person) -> list[str]:
    async with practice.signed_in(person) as http:
        return [one["name"] for one in (await http.get(PATH)).json()["items"]]


async def test_an_answer_is_saved_read_changed_and_deleted(practice: Practice, pair: Pair) -> None:
    answer = new_id()
    for status in (201, 200):
        assert (await save(practice, pair.therapist, answer)).status_code == status
    async with practice.signed_in(pair.therapist) as http:
        one = f"{PATH}/{answer}"
        assert (await http.get(one)).json() == BODY | {"id": str(answer), "version": 0}
        change = {"name": "Away", "text": "Back on Tuesday.", "replaces": 0}
        for _ in range(2):  # again, with the same words, it changes nothing
            changed = await http.post(f"{one}/versions", json=change)
            assert (changed.status_code, changed.json()["version"]) == (200, 1)
        assert (await http.get(PATH)).json() == {"items": [{"id": str(answer), "name": "Away"}]}
        assert (await http.delete(one)).status_code == 204
        for method in ("GET", "DELETE"):
            assert (await http.request(method, one)).status_code == 404
    events = await practice.audited(object_id=answer, outcome="success")
    assert {event.action for event in events} == {f"saved_answer.{act}" for act in ("added", "changed", "deleted")}
    assert {(event.actor_id, event.subject_id) for event in events} == {(pair.therapist.id, None)}


async def test_they_are_in_order_of_their_names(practice: Practice, pair: Pair) -> None:
    for name in ("zebra", "Able", "b"):
        await save(practice, pair.therapist, name=f" {name} ")
    assert await names(practice, pair.therapist) == ["Able", "b", "zebra"]


async def test_an_id_is_for_one_answer(practice: Practice, pair: Pair) -> None:
    answer = new_id()
    await save(practice, pair.therapist, answer)
    again = await save(practice, pair.therapist, answer, text="Something else")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_who_did_not_see_the_last_change_changes_nothing(practice: Practice, pair: Pair) -> None:
    answer = new_id()
    await save(practice, pair.therapist, answer)
    async with practice.signed_in(pair.therapist) as http:
        path = f"{PATH}/{answer}/versions"
        assert (await http.post(path, json=BODY | {"text": "First", "replaces": 0})).status_code == 200
        late = await http.post(path, json=BODY | {"text": "Second", "replaces": 0})
        assert (late.status_code, late.json()["code"]) == (409, "overtaken")
        assert (await http.get(f"{PATH}/{answer}")).json()["text"] == "First"


async def test_fifty_are_the_most_and_deleting_makes_room(practice: Practice, pair: Pair) -> None:
    first = new_id()
    await save(practice, pair.therapist, first)
    for number in range(MOST - 1):
        assert (await save(practice, pair.therapist, name=f"Answer {number}")).status_code == 201
    full = await save(practice, pair.therapist)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_saved")
    assert (await save(practice, pair.therapist, first)).status_code == 200  # a replay is none more
    async with practice.signed_in(pair.therapist) as http:
        await http.delete(f"{PATH}/{first}")
    assert (await save(practice, pair.therapist)).status_code == 201


async def test_many_at_once_are_fifty_at_most(committed_practice: Practice, committed_pair: Pair) -> None:
    practice, person = committed_practice, committed_pair.therapist
    for number in range(MOST - 2):
        assert (await save(practice, person, name=f"Answer {number}")).status_code == 201
    found = await asyncio.gather(*(save(practice, person, name=f"Last {number}") for number in range(6)))
    assert sorted(answer.status_code for answer in found) == [201, 201, 409, 409, 409, 409]


async def test_they_are_nobody_elses(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    answer = new_id()
    await save(practice, pair.therapist, answer)
    assert await names(practice, other_pair.therapist) == []
    async with practice.signed_in(other_pair.therapist) as http:
        assert (await http.get(f"{PATH}/{answer}")).status_code == 404
        assert (await http.delete(f"{PATH}/{answer}")).status_code == 404
        changed = await http.post(f"{PATH}/{answer}/versions", json=BODY | {"replaces": 0})
        assert changed.status_code == 404
    assert await practice.audited(action="saved_answer.read", outcome="refused", actor_id=other_pair.therapist.id)
    assert await names(practice, pair.therapist) == [BODY["name"]]


async def test_a_client_has_none(practice: Practice, pair: Pair) -> None:
    assert (await save(practice, pair.client)).status_code == 403
    async with practice.signed_in(pair.client) as http:
        assert (await http.get(PATH)).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", "x" * 81),
        ("name", "two\nlines"),
        ("name", "\N{RIGHT-TO-LEFT OVERRIDE}name"),
        ("name", 5),
        ("text", ""),
        ("text", " "),
        ("text", "x" * 10_001),
        ("text", "nul\x00l"),
        ("text", None),
    ],
)
async def test_what_cannot_be_saved_is_named(practice: Practice, pair: Pair, field: str, value: object) -> None:
    answer = await save(practice, pair.therapist, **{field: value})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert await names(practice, pair.therapist) == []


async def test_it_is_sealed_and_seen_by_nobody_else_in_plain_sql(
    practice: Practice, pair: Pair, other_pair: Pair, database: RolledBackDatabase
) -> None:
    await save(practice, pair.therapist)
    async with practice.arrange() as session:
        [row] = await session.execute(text("SELECT sealed_name, sealed_text FROM saved_answers"))
    assert all(BODY[name].encode() not in bytes(sealed) for name, sealed in zip(("name", "text"), row, strict=True))
    for person, role, expected in (
        (pair.therapist, Role.therapist, 1),
        (pair.therapist, Role.client, 0),
        (pair.therapist, Role.admin, 0),
        (other_pair.therapist, Role.therapist, 0),
        (pair.client, Role.client, 0),
    ):
        await database.connection.execute(SET_CONTEXT, RowContext(person.id, role).parameters())
        for table in ("saved_answers", f"keys.data_keys WHERE owner_id = '{pair.therapist.id}'"):
            found = (await database.connection.execute(text(f"SELECT 1 FROM {table}"))).all()  # noqa: S608  # of this file
            assert len(found) == expected, (person, role, table)


async def test_an_account_that_is_closed_sees_none(practice: Practice, pair: Pair) -> None:
    await save(practice, pair.therapist)
    await practice.know(pair.therapist, disabled_at=datetime.now(UTC))
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.get(PATH)).status_code == 403

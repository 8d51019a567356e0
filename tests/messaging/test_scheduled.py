"""Messages for later: their sender's alone, changed and taken back until then, sent once, or it is said why not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import SET_CONTEXT, Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.scheduled import sending
from afterglow_messaging.scheduled.service import MOST
from sqlalchemy import text

from tests.messaging.practice import API, Pair, Practice

LIST = f"{API}/scheduled-messages"
HOUR = timedelta(hours=1)


def body(**changes: Any) -> dict[str, Any]:
    return {"text": "Good morning", "send_at": (datetime.now(UTC) + HOUR).isoformat()} | changes


async def put(
    practice: Practice, pair: Pair, sender: Person, message: UUID | None = None, **changes: Any
) -> httpx.Response:
    async with practice.signed_in(sender) as http:
        return await http.put(f"{pair.path}/scheduled-messages/{message or new_id()}", json=body(**changes))


async def schedule(practice: Practice, pair: Pair, sender: Person, **changes: Any) -> UUID:
    answer = await put(practice, pair, sender, **changes)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def change(practice: Practice, pair: Pair, sender: Person, message: UUID, **changes: Any) -> httpx.Response:
    async with practice.signed_in(sender) as http:
        path = f"{pair.path}/scheduled-messages/{message}/versions"
        return await http.post(path, json=body(**{"replaces": 0} | changes))


async def take_back(practice: Practice, pair: Pair, sender: Person, message: UUID) -> int:
    async with practice.signed_in(sender) as http:
        return (await http.delete(f"{pair.path}/scheduled-messages/{message}")).status_code


async def waiting(practice: Practice, person: Person) -> list[dict[str, Any]]:
    async with practice.signed_in(person) as http:
        items: list[dict[str, Any]] = (await http.get(LIST)).json()["items"]
    return items


async def time_passes(practice: Practice, by: timedelta = HOUR + timedelta(minutes=1)) -> None:
    """Instead of waiting, what was scheduled is moved back."""
    async with practice.arrange() as session:
        await session.execute(
            text("UPDATE scheduled_messages SET send_at = send_at - CAST(:by AS interval)"), {"by": by}
        )


async def sent(practice: Practice) -> int:
    """One round, as the worker finds what is due and the app sends it."""
    database = practice.database
    assert isinstance(database, RolledBackDatabase)
    async with database.as_role("messaging_worker"):
        found = await sending.find_due(database)
    number = 0
    for due in found:
        async with database.unit_of_work(RowContext.of(due.sender)) as session:
            number += await sending.send(session, due, datetime.now(UTC))
    return number


@pytest.mark.parametrize("who", ["client", "therapist"])
async def test_it_goes_out_then_and_reads_as_any_message(practice: Practice, pair: Pair, who: str) -> None:
    sender, other = (getattr(pair, name) for name in ((who, "therapist") if who == "client" else (who, "client")))
    message = await schedule(practice, pair, sender)
    assert await sent(practice) == 0
    assert await practice.read(pair, other) == []
    assert await waiting(practice, other) == []
    await time_passes(practice)
    before = datetime.now(UTC)
    assert [await sent(practice) for _ in range(3)] == [1, 0, 0]
    [read] = await practice.read(pair, other)
    assert (read["id"], read["text"], read["sender_id"]) == (str(message), "Good morning", str(sender.id))
    assert before <= datetime.fromisoformat(read["sent_at"]) <= datetime.now(UTC)  # when it really went out
    assert await waiting(practice, sender) == []
    [event] = await practice.audited(action="message.sent", object_id=message)
    assert (event.actor_id, event.subject_id, event.purpose) == (sender.id, pair.client.id, "scheduled")


async def test_what_goes_out_first_is_listed_first(practice: Practice, pair: Pair) -> None:
    for hours, words in ((3, "third"), (1, "first"), (2, "second")):
        await schedule(practice, pair, pair.client, text=words, send_at=(datetime.now(UTC) + hours * HOUR).isoformat())
    assert [one["text"] for one in await waiting(practice, pair.client)] == ["first", "second", "third"]


async def test_repeating_schedules_once_and_another_body_is_refused(practice: Practice, pair: Pair) -> None:
    message, when = new_id(), (datetime.now(UTC) + HOUR).isoformat()
    for status in (201, 200):
        assert (await put(practice, pair, pair.client, message, send_at=when)).status_code == status
    for changes in ({"text": "Something else"}, {"send_at": (datetime.now(UTC) + 2 * HOUR).isoformat()}):
        assert (await put(practice, pair, pair.client, message, **{"send_at": when} | changes)).status_code == 409
    assert len(await waiting(practice, pair.client)) == 1
    await time_passes(practice)
    assert await sent(practice) == 1
    assert (await put(practice, pair, pair.client, message)).status_code == 409  # it went out: never a second time
    assert await waiting(practice, pair.client) == []


async def test_it_is_changed_until_then_by_who_saw_the_last_version(practice: Practice, pair: Pair) -> None:
    message = await schedule(practice, pair, pair.client)
    later = (datetime.now(UTC) + 5 * HOUR).isoformat()
    changed = await change(practice, pair, pair.client, message, text="Later", send_at=later)
    assert (changed.status_code, changed.json()["version"]) == (200, 1)
    again = await change(practice, pair, pair.client, message, text="Later", send_at=later)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    late = await change(practice, pair, pair.client, message, text="Too late")
    assert (late.status_code, late.json()["code"]) == (409, "overtaken")
    await time_passes(practice)  # past the first moment, not past the later one
    assert await sent(practice) == 0
    await time_passes(practice, 4 * HOUR)
    assert await sent(practice) == 1
    assert [one["text"] for one in await practice.read(pair, pair.therapist)] == ["Later"]
    assert (await change(practice, pair, pair.client, message, replaces=1)).status_code == 404


async def test_it_is_taken_back_until_then(practice: Practice, pair: Pair) -> None:
    message = await schedule(practice, pair, pair.client)
    assert await take_back(practice, pair, pair.client, message) == 204
    assert await take_back(practice, pair, pair.client, message) == 404
    await time_passes(practice)
    assert await sent(practice) == 0
    assert await practice.read(pair, pair.therapist) == []
    events = await practice.audited(object_id=message, outcome="success")
    assert [event.action for event in events] == ["message.scheduled", "message.unscheduled"]


async def test_a_reply_stays_a_reply(practice: Practice, pair: Pair) -> None:
    first = await practice.send(pair, pair.therapist, "Hello")
    await schedule(practice, pair, pair.client, reply_to=first["id"])
    await time_passes(practice)
    assert await sent(practice) == 1
    assert (await practice.read(pair, pair.client))[-1]["reply_to"] == first["id"]
    assert (await put(practice, pair, pair.client, reply_to=str(new_id()))).status_code == 422


async def test_after_care_it_is_not_sent_and_its_sender_is_told(practice: Practice, pair: Pair) -> None:
    messages = [await schedule(practice, pair, person) for person in (pair.client, pair.therapist)]
    await practice.end_care(pair)
    await time_passes(practice)
    assert [await sent(practice) for _ in range(2)] == [0, 0]
    assert await practice.read(pair, pair.client) == []
    for person, message in zip((pair.client, pair.therapist), messages, strict=True):
        [one] = await waiting(practice, person)
        assert (one["id"], one["refusal"], one["text"]) == (str(message), "closed", "Good morning")
        [event] = await practice.audited(object_id=message, action="message.sent")
        assert (event.outcome, event.actor_id) == ("refused", person.id)
        assert (await change(practice, pair, person, message)).status_code == 403
        assert await take_back(practice, pair, person, message) == 204
    assert (await put(practice, pair, pair.client)).status_code == 403


async def test_a_sender_whose_account_is_closed_sends_nothing_also_not_later(practice: Practice, pair: Pair) -> None:
    await schedule(practice, pair, pair.client)
    await practice.know(pair.client, disabled_at=datetime.now(UTC))
    await time_passes(practice)
    assert await sent(practice) == 0
    await practice.know(pair.client)
    assert await sent(practice) == 0
    [one] = await waiting(practice, pair.client)
    assert one["refusal"] == "sender"
    message = UUID(one["id"])
    assert (await change(practice, pair, pair.client, message)).status_code == 200  # it waits again
    await time_passes(practice)
    assert await sent(practice) == 1


async def test_what_comes_much_too_late_is_not_sent(practice: Practice, pair: Pair) -> None:
    await schedule(practice, pair, pair.client)
    await time_passes(practice, HOUR + sending.LATEST + timedelta(minutes=1))
    assert await sent(practice) == 0
    [one] = await waiting(practice, pair.client)
    assert one["refusal"] == "late"


async def test_what_was_not_sent_can_be_asked_for_alone(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    late = await schedule(practice, pair, pair.client)
    await time_passes(practice, HOUR + sending.LATEST + timedelta(minutes=1))
    assert await sent(practice) == 0
    await schedule(practice, pair, pair.client)
    for person, wanted in ((pair.client, [str(late)]), (pair.therapist, []), (other_pair.client, [])):
        async with practice.signed_in(person) as http:
            found = (await http.get(LIST, params={"refused": "true"})).json()["items"]
        assert [one["id"] for one in found] == wanted
    assert len(await waiting(practice, pair.client)) == 2


async def test_nobody_else_sees_changes_or_takes_it_back(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    message = await schedule(practice, pair, pair.client)
    for person in (pair.therapist, other_pair.client, other_pair.therapist):
        assert await waiting(practice, person) == []
        assert (await change(practice, pair, person, message)).status_code == 404
        assert await take_back(practice, pair, person, message) == 404
    assert (await put(practice, pair, other_pair.client)).status_code == 404
    assert len(await waiting(practice, pair.client)) == 1


async def test_twenty_wait_at_most_in_a_conversation(practice: Practice, pair: Pair) -> None:
    for _ in range(MOST):
        await schedule(practice, pair, pair.client)
    full = await put(practice, pair, pair.client)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_scheduled")
    assert (await put(practice, pair, pair.therapist)).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""),
        ("text", " "),
        ("text", "x" * 10_001),
        ("text", "nul\x00l"),
        ("send_at", "2020-01-01T09:00:00Z"),
        ("send_at", "2999-01-01T09:00:00Z"),
        ("send_at", "2026-12-01T09:00:00"),
        ("send_at", "tomorrow"),
        ("send_at", None),
        ("attachments", []),
        ("sender_id", str(UUID(int=1))),
    ],
)
async def test_what_cannot_be_is_named(practice: Practice, pair: Pair, field: str, value: object) -> None:
    answer = await put(practice, pair, pair.client, **{field: value})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert await waiting(practice, pair.client) == []


async def test_it_is_sealed_and_its_senders_alone_in_plain_sql(
    practice: Practice, pair: Pair, other_pair: Pair, database: RolledBackDatabase
) -> None:
    await schedule(practice, pair, pair.client)
    async with practice.arrange() as session:
        sealed = (await session.execute(text("SELECT sealed_text FROM scheduled_messages"))).scalar_one()
    assert b"morning" not in bytes(sealed)
    for person, expected in ((pair.client, 1), (pair.therapist, 0), (other_pair.client, 0)):
        await database.connection.execute(SET_CONTEXT, RowContext(person.id, person.role).parameters())
        for statement in ("SELECT 1 FROM scheduled_messages", "DELETE FROM scheduled_messages WHERE false RETURNING 1"):
            found = (await database.connection.execute(text(statement))).all()
            assert len(found) == (expected if "SELECT" in statement else 0)
    assert pair.client.role == Role.client


async def test_the_worker_learns_what_is_due_and_no_word_of_it(practice: Practice, pair: Pair) -> None:
    await schedule(practice, pair, pair.client)
    database = practice.database
    assert isinstance(database, RolledBackDatabase)
    count, columns = (
        text("SELECT count(id) FROM scheduled_messages"),
        text(
            "SELECT column_name FROM information_schema.column_privileges WHERE table_name = 'scheduled_messages' "
            "AND grantee = 'messaging_worker' ORDER BY 1"
        ),
    )
    for expected in (0, 1):
        async with database.as_role("messaging_worker"), practice.rows.sessions() as session:
            assert (await session.execute(count)).scalar_one() == expected
            granted = (await session.execute(columns)).scalars()
            assert list(granted) == ["conversation_id", "id", "refused_at", "send_at", "sender_id"]
        await time_passes(practice)


@pytest.fixture
async def worker(committed: MigratedDatabase) -> AsyncIterator[Database]:
    database = Database.connect(committed.urls["messaging_worker"])
    yield database
    await database.close()


async def test_many_workers_send_each_once(
    committed_practice: Practice, committed_pair: Pair, worker: Database
) -> None:
    practice, pair = committed_practice, committed_pair
    for number in range(10):
        await schedule(practice, pair, pair.client, text=f"Number {number}")
    await time_passes(practice)
    rounds = await asyncio.gather(*(sending.send_due(worker, practice.database) for _ in range(6)))
    assert sum(rounds) == 10
    read = await practice.read(pair, pair.therapist)
    assert sorted(one["text"] for one in read) == [f"Number {number}" for number in range(10)]
    assert [one["sequence"] for one in read] == list(range(1, 11))


async def test_who_takes_it_back_as_it_goes_out_is_told_the_truth(
    committed_practice: Practice, committed_pair: Pair, worker: Database
) -> None:
    practice, pair = committed_practice, committed_pair
    for round_ in range(5):
        message = await schedule(practice, pair, pair.client, text=f"Round {round_}")
        await time_passes(practice)
        status, went = await asyncio.gather(
            take_back(practice, pair, pair.client, message), sending.send_due(worker, practice.database)
        )
        read = [one["id"] for one in await practice.read(pair, pair.therapist)]
        assert (status, went, str(message) in read) in {(204, 0, False), (404, 1, True)}


async def test_one_that_is_cut_off_halfway_is_sent_once_by_the_next_round(
    committed_practice: Practice, committed_pair: Pair, worker: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends the process between the two halves of the work takes both with it: they are one transaction."""
    practice, pair = committed_practice, committed_pair
    await schedule(practice, pair, pair.client)
    await schedule(practice, pair, pair.therapist)
    await time_passes(practice)

    def cut(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(sending, "delete", cut)
        assert await sending.send_due(worker, practice.database) == 0
    assert await practice.read(pair, pair.therapist) == []
    assert [await sending.send_due(worker, practice.database) for _ in range(2)] == [2, 0]
    assert len(await practice.read(pair, pair.therapist)) == 2

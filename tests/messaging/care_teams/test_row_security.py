"""Row-level security of a care team's conversation: plain SQL as each role, past every line of the service."""

from datetime import timedelta
from uuid import UUID

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import SET_CONTEXT, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.messaging.care_teams.test_care_teams import DAY, wrote
from tests.messaging.practice import Pair, Practice
from tests.messaging.test_row_security import INSERT_MESSAGE, Rows, refused

INSERT_TEAM = text(
    "INSERT INTO conversations (id, client_id, therapist_id, created_at, last_sequence) "
    "VALUES (:id, :client, NULL, now(), :sequence)"
)
NO_ANSWER = text("INSERT INTO no_answers_needed VALUES (:conversation, :person, 1, now())")


@pytest.fixture
def rows(database: RolledBackDatabase) -> Rows:
    return Rows(database)


async def of_team(rows: Rows, team: Pair, person: Person, role: Role | None = None) -> tuple[int, int, int]:
    """How many of its rows a person sees: conversations, messages, keys."""
    await rows.act_as(person.id, role or person.role)
    counts = []
    for table, column in (("conversations", "id"), ("messages", "conversation_id"), ("keys.data_keys", "owner_id")):
        found = text(f"SELECT FROM {table} WHERE {column} = :team")  # names from above
        counts.append(await rows.attempt(found, team=team.conversation_id))
    return counts[0], counts[1], counts[2]


async def functions_tell(rows: Rows, person: Person, client: UUID, role: Role | None = None) -> int:
    await rows.act_as(person.id, role or person.role)
    return await rows.attempt(text("SELECT FROM care_team(:client)"), client=client)


async def test_each_sees_what_was_written_in_their_time(
    practice: Practice, team: Pair, second: Pair, rows: Rows
) -> None:
    third = Person(Role.therapist, "Third")
    await practice.know(third)
    await wrote(practice, team, team.client, "Hello", ago=3 * DAY)
    await practice.care(team.client, third, started=2 * DAY)
    await practice.end_care(second, ago=DAY)
    await practice.send(team, team.therapist, "Hello")
    seen = [await of_team(rows, team, person) for person in (team.client, team.therapist, second.therapist, third)]
    assert seen == [(1, 2, 1), (1, 2, 1), (1, 1, 1), (1, 1, 1)]
    await practice.end_care(second, ago=timedelta(days=14, seconds=5))
    assert await of_team(rows, team, second.therapist) == (0, 0, 0)


async def test_nobody_else_sees_that_there_is_one(
    practice: Practice, team: Pair, other_client: Person, second: Pair, rows: Rows
) -> None:
    """Neither another client of a member, nor a therapist of another client, nor a role that is not one's own."""
    other = await practice.pair_up(other_client, Person(Role.therapist, "Another"))
    await practice.care(other_client, second.therapist)
    await practice.send(team, team.client, "Hello")
    strangers = [(other.client, None), (other.therapist, None), (team.client, Role.therapist)]
    strangers += [(team.client, Role.admin), (team.therapist, Role.client), (second.therapist, Role.service)]
    for person, role in strangers:
        assert await of_team(rows, team, person, role) == (0, 0, 0)
        assert await functions_tell(rows, person, team.client.id, role) == 0


async def test_the_functions_name_members_to_members(practice: Practice, team: Pair, second: Pair, rows: Rows) -> None:
    later = Person(Role.therapist, "Later")
    await practice.know(later)
    assert [await functions_tell(rows, one, team.client.id) for one in (team.client, second.therapist)] == [2, 2]
    await practice.end_care(second, ago=2 * DAY)
    await practice.care(team.client, later, started=DAY)
    told = [await functions_tell(rows, one, team.client.id) for one in (team.client, second.therapist, later)]
    assert told == [3, 2, 2]  # who came after one left, and who left before one came, is not named
    await practice.end_care(second, ago=timedelta(days=15))
    assert await functions_tell(rows, second.therapist, team.client.id) == 0


async def test_without_such_a_conversation_no_colleague_is_named(pair: Pair, second: Pair, rows: Rows) -> None:
    for person in (pair.client, second.therapist):
        assert await functions_tell(rows, person, pair.client.id) == 0


async def test_a_message_is_inserted_by_its_sender_while_they_treat_and_the_practice_wants_it(
    practice: Practice, team: Pair, second: Pair, rows: Rows
) -> None:
    async def insert(person: Person, sequence: int, sender: Person | None = None) -> int:
        values = {"conversation_id": team.conversation_id, "sender_id": (sender or person).id, "sequence": sequence}
        await rows.act_as(person.id, person.role)
        return await rows.attempt(INSERT_MESSAGE, **values, id=new_id())

    for number, person in enumerate((team.client, team.therapist, second.therapist), start=1):
        assert await insert(person, number) == 1
    async with refused():
        await insert(team.therapist, 4, sender=second.therapist)
    await practice.end_care(second)
    async with refused():
        await insert(second.therapist, 4)
    await practice.want_care_teams(False)
    for person in (team.client, team.therapist):
        async with refused():
            await insert(person, 4)
        assert await rows.attempt(text("UPDATE messages SET withdrawn_at = now()")) == 0


async def test_what_needs_no_answer_is_said_by_its_therapists_alone(
    practice: Practice, team: Pair, other_therapist: Person, rows: Rows
) -> None:
    assert other_therapist  # the second of the team
    stranger = Person(Role.therapist, "Stranger")
    await practice.know(stranger)
    await rows.act_as(team.therapist.id, Role.therapist)
    assert await rows.attempt(NO_ANSWER, conversation=team.conversation_id, person=team.therapist.id) == 1
    for person, whose in ((stranger, stranger), (team.client, team.client), (team.therapist, other_therapist)):
        await rows.act_as(person.id, person.role)
        async with refused():
            await rows.attempt(NO_ANSWER, conversation=team.conversation_id, person=whose.id)


async def test_the_worker_opens_one_for_two_therapists_alone_and_where_the_practice_wants_it(
    *, practice: Practice, database: RolledBackDatabase, pair: Pair, other_client: Person, second: Pair, rows: Rows
) -> None:
    await practice.pair_up(other_client, second.therapist)
    async with database.as_role("messaging_worker"), refused():
        await rows.attempt(INSERT_TEAM, id=new_id(), client=pair.client.id, sequence=0)
    await practice.want_care_teams()
    async with practice.arrange() as session:
        await session.execute(text("DELETE FROM conversations WHERE therapist_id IS NULL"))
    async with database.as_role("messaging_worker"):
        for values in ({"client": other_client.id, "sequence": 0}, {"client": pair.client.id, "sequence": 1}):
            async with refused():
                await rows.attempt(INSERT_TEAM, id=new_id(), **values)
        assert await rows.attempt(INSERT_TEAM, id=new_id(), client=pair.client.id, sequence=0) == 1


async def test_the_functions_are_the_apps_alone(database: RolledBackDatabase, team: Pair, rows: Rows) -> None:
    async with database.as_role("messaging_worker"):
        await rows.connection.execute(SET_CONTEXT, RowContext(team.client.id, Role.client).parameters())
        for function in ("care_team", "care_team_covers"):
            async with refused():
                await rows.attempt(text(f"SELECT FROM {function}(:client)"), client=team.client.id)  # ours

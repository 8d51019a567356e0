"""Loading the demonstration into real databases, with auth answering."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_auth.accounts.passwords import verify
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_operator.demonstration.accounts import register_before_start
from afterglow_operator.demonstration.checkins import check_ins_of
from afterglow_operator.demonstration.load import accounts
from afterglow_operator.demonstration.messaging_desks import desks
from afterglow_operator.demonstration.people import clients
from afterglow_portal.checkins.content import shown
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.sealing import key_store
from sqlalchemy import select, text
from sqlmodel import col

from tests.operator.practices import Practice


@pytest.fixture(scope="module")
async def practice(make_database: Callable[[str, str], MigratedDatabase], settings_values: dict[str, Any]) -> Practice:
    """A practice whose demonstration was loaded once."""
    made = Practice(make_database, settings_values, "demonstration")
    await made.register()
    await made.load()
    return made


async def test_a_second_start_adds_nothing(practice: Practice):
    before = await practice.counts()
    assert before["portal.check_ins"] > 700
    assert before["portal.journal_entries"] > 12
    assert before["portal.courses"] == 11
    assert before["messaging.messages"] > 60

    await practice.register()
    await practice.load()

    assert await practice.counts() == before


async def test_everybody_arrives_everywhere(practice: Practice):
    counts = await practice.counts()

    assert counts["auth.people"] == counts["portal.people"] == counts["messaging.people"] == 15
    care = [counts[f"{service}.care_relationships"] for service in ("auth", "portal", "messaging")]
    assert care == [13] * 3  # one of them has ended, before there was anything to say
    assert counts["messaging.conversations"] == 13  # one of them a care team's


async def test_a_client_and_two_therapists_write_in_their_care_team(practice: Practice):
    rows = await practice.rows(
        "messaging",
        "SELECT people.role, count(DISTINCT people.id) FROM conversations AS team"
        " JOIN messages ON messages.conversation_id = team.id JOIN people ON people.id = messages.sender_id"
        " WHERE team.therapist_id IS NULL GROUP BY people.role",
    )
    assert sorted(rows) == [("client", 1), ("therapist", 2)]


async def test_what_people_set_about_messages_is_there(practice: Practice):
    counts = await practice.counts()
    wanted = desks().values()
    assert counts["messaging.seen_choices"] == len([desk for desk in wanted if desk.tells])
    assert counts["messaging.answer_targets"] == len([desk for desk in wanted if desk.answers_within])
    assert counts["messaging.saved_answers"] == sum(len(desk.saved) for desk in wanted)
    assert counts["messaging.scheduled_messages"] == sum(len(desk.later) for desk in wanted)
    chosen = await practice.rows("messaging", "SELECT max(chosen_at) FROM seen_choices")
    marked = await practice.rows("messaging", "SELECT min(marked_at) FROM read_marks")
    assert chosen < marked, "nothing that was read before somebody chose to tell it is told"


async def test_somebody_has_seen_a_message_and_not_answered(practice: Practice):
    """Who wrote last and was read, where both tell it: theirs says so."""
    rows = await practice.rows(
        "messaging",
        "SELECT count(*) FROM conversations AS c JOIN messages AS m ON m.conversation_id = c.id"
        " AND m.sequence = c.last_sequence JOIN read_marks AS r ON r.conversation_id = c.id"
        " AND r.person_id <> m.sender_id AND r.sequence = m.sequence"
        " JOIN seen_choices AS one ON one.person_id = m.sender_id"
        " JOIN seen_choices AS other ON other.person_id = r.person_id",
    )
    assert rows[0][0] == 1


async def test_the_printed_accounts_are_the_ones_in_auth(practice: Practice):
    rows = await practice.rows("auth", "SELECT id, email, name, role, password_hash FROM people")
    stored = {str(row[0]): row[1:] for row in rows}

    for account in accounts():
        email, name, role, password_hash = stored[account["id"]]
        assert (email, name, role) == (account["email"], account["name"], account["role"])
        assert (await verify(account["password"], password_hash))[0]


async def test_the_first_client_is_in_the_first_therapists_care_for_months(practice: Practice):
    rows = await practice.rows("portal", "SELECT client_id, therapist_id, started_at FROM care_relationships")
    therapist = next(account["id"] for account in accounts() if account["role"] == "therapist")
    started = {(str(client), str(therapist)): started_at for client, therapist, started_at in rows}

    assert started[str(clients()[0].id), therapist] < datetime.now(UTC) - timedelta(days=125)


async def test_one_client_is_in_nobodys_care(practice: Practice):
    rows = await practice.rows("portal", "SELECT client_id FROM care_relationships")

    assert {client.id for client in clients()} - {row[0] for row in rows} == {clients()[-1].id}


async def test_the_first_two_clients_are_still_to_be_asked(practice: Practice):
    rows = await practice.rows("portal", "SELECT DISTINCT client_id FROM standing_choices")

    assert {row[0] for row in rows} == {client.id for client in clients()[2:]}


async def test_notes_are_sealed_and_open_for_their_writer(practice: Practice):
    client = clients()[0]
    database = Database.connect(practice.portal.database_url.get_secret_value(), pool_size=1)
    try:
        async with database.unit_of_work(RowContext(client.id, Role.client)) as session:
            key = await key_store(practice.portal).find(session, client.id)
            rows = (await session.scalars(select(CheckIn).where(col(CheckIn.note).is_not(None)))).all()
    finally:
        await database.close()

    written = {entry.id: entry.note for entry in check_ins_of(client, practice.now) if entry.note}
    assert len(rows) > 10
    assert {row.id: shown(row, key).note for row in rows} == written
    assert all(written[row.id].encode() not in row.note for row in rows if row.note)


async def test_what_people_did_to_care_since_stays(practice: Practice):
    """The admin ended a relationship: the next start does not bring it back, nor a disabled account."""
    own = Practice(practice.make_database, practice.values, "changed", practice.keys)
    await own.register()
    worker = own.database("auth").urls["auth_worker"]
    await end_all_care(own.database("auth").superuser_url)

    await register_before_start(worker, [])

    live = await own.rows("auth", "SELECT count(*) FROM care_relationships WHERE ended_at IS NULL")
    assert live == [(0,)]


async def end_all_care(superuser_url: str) -> None:
    database = Database.connect(superuser_url, pool_size=1)
    try:
        async with database.sessions() as session, session.begin():
            await session.execute(text("UPDATE care_relationships SET ended_at = now()"))
    finally:
        await database.close()

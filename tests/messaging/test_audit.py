"""Every access is told in its own transaction, refusals too, and nothing in the audit can be changed."""

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.messaging.practice import API, CONVERSATIONS, Pair, Practice


async def test_each_access_is_told_once_with_who_whose_and_what(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "hello")
    async with practice.signed_in(pair.therapist) as http:
        for path in (CONVERSATIONS, pair.path, pair.messages):
            assert (await http.get(path)).status_code == 200
    expected = [
        ("message.sent", pair.client, pair.client.id, sent["id"]),
        ("conversations.listed", pair.therapist, None, "None"),
        ("conversation.read", pair.therapist, pair.client.id, str(pair.conversation_id)),
        ("messages.read", pair.therapist, pair.client.id, str(pair.conversation_id)),
    ]
    for action, actor, subject, thing in expected:
        (event,) = await practice.audited(action=action, actor_id=actor.id)
        assert (event.subject_id, str(event.object_id), event.outcome) == (subject, thing, "success")
        assert (event.actor_role, event.session_id) == (str(actor.role), actor.session_id)
        assert event.request_id


async def test_a_replay_is_not_told_as_another_message(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "hello", message_id := new_id())
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(f"{pair.messages}/{message_id}", json={"text": "hello"})).status_code == 200
    assert len(await practice.audited(action="message.sent")) == 1


async def test_an_admin_is_refused_everywhere_and_the_attempt_is_kept(
    practice: Practice, pair: Pair, admin: Person
) -> None:
    await practice.know(admin)
    async with practice.signed_in(admin) as http:
        answers = [
            await http.get(CONVERSATIONS),
            await http.get(pair.path),
            await http.get(pair.messages),
            await http.put(f"{pair.messages}/{new_id()}", json={"text": "hello"}),
            await http.put(f"{pair.path}/read-mark", json={"sequence": 1}),
            await http.get(f"{API}/unread"),
            await http.get(f"{API}/updates"),
            await http.get(f"{API}/events"),
        ]
    assert [answer.status_code for answer in answers] == [403] * 8
    refused = await practice.audited(actor_id=admin.id, outcome="refused")
    assert [event.action for event in refused] == [
        "conversations:read",
        "conversations:read",
        "messages:read",
        "messages:send",
        "read_marks:move",
        "unread:count",
        "messages:read",
        "messages:follow",
    ]


@pytest.mark.parametrize("role", ["messaging_app", "messaging_worker", "messaging_auditor", "messaging_owner", "none"])
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET outcome = 'success'", "DELETE FROM audit_events", "TRUNCATE audit_events"]
)
async def test_nobody_changes_the_audit(database: RolledBackDatabase, pair: Pair, role: str, statement: str) -> None:
    """Neither a role of the service nor, by the trigger, its owner or a superuser."""
    assert pair
    async with database.as_role(role):
        with pytest.raises(DBAPIError, match=r"permission denied|append-only"):
            async with database.connection.begin_nested():
                await database.connection.execute(text(statement))


async def test_the_app_shows_no_event_to_nobody_and_the_auditor_reads_nothing_else(
    database: RolledBackDatabase, pair: Pair
) -> None:
    assert pair
    assert (await database.connection.execute(text("SELECT * FROM audit_events"))).all() == []
    async with database.as_role("messaging_auditor"):
        assert (await database.connection.execute(text("SELECT * FROM audit_events"))).all()
        for table in ("people", "care_relationships", "conversations", "messages", "read_marks", "keys.data_keys"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with database.connection.begin_nested():
                    await database.connection.execute(text(f"TABLE {table}"))

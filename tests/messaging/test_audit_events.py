"""An admin reads who did what in messaging, and never a message."""

from afterglow_foundation.audit.reading import AuditEventOut
from afterglow_foundation.database import RowContext
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.messaging.practice import API, Pair, Practice

EVENTS = f"{API}/audit-events"
WORDS = "nobody but us reads these words"


async def test_an_admin_sees_who_did_what_and_no_word_of_it(practice: Practice, pair: Pair, admin: Person) -> None:
    await practice.know(admin)
    sent = await practice.send(pair, pair.client, WORDS)
    async with practice.signed_in(admin) as http:
        answer = await http.get(EVENTS, params={"person": str(pair.client.id), "action": "message.sent"})
    assert answer.status_code == 200, answer.text
    (event,) = answer.json()["items"]
    assert (event["actor_id"], event["object_id"]) == (str(pair.client.id), sent["id"])
    assert set(event) == set(AuditEventOut.model_fields)
    assert WORDS not in answer.text
    (reading,) = await practice.audited(action="audit.read")
    assert (reading.actor_id, reading.subject_id) == (admin.id, pair.client.id)


async def test_nobody_else_does(practice: Practice, pair: Pair) -> None:
    for person in (pair.client, pair.therapist):
        async with practice.signed_in(person) as http:
            assert (await http.get(EVENTS)).status_code == 403
    assert {event.outcome for event in await practice.audited(action="audit:read")} == {"refused"}


async def test_the_database_shows_events_to_admins_only(practice: Practice, pair: Pair, admin: Person) -> None:
    await practice.send(pair, pair.client, "hello")
    counted = text("SELECT count(*) FROM audit_events")
    for context in (RowContext(), RowContext(pair.client.id, pair.client.role)):
        async with practice.database.unit_of_work(context) as session:
            assert await session.scalar(counted) == 0
    async with practice.database.unit_of_work(RowContext(admin.id, admin.role)) as session:
        assert await session.scalar(counted)

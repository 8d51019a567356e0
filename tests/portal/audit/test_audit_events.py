"""An admin reads who did what in portal, and nothing else there."""

from afterglow_foundation.audit.reading import AuditEventOut
from afterglow_foundation.database import RowContext
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import audited, put
from tests.portal.conftest import Open

EVENTS = "/api/portal/audit-events"
WORDS = "nobody but us reads these words"


async def test_an_admin_sees_who_did_what_and_no_word_of_it(
    signed_in: Open, client_person: Person, admin: Person, database: RolledBackDatabase
):
    async with signed_in(client_person) as http:
        made = await put(http, note=WORDS)
    async with signed_in(admin) as http:
        answer = await http.get(EVENTS, params={"person": str(client_person.id), "action": "check_in.created"})
    assert answer.status_code == 200, answer.text
    (event,) = answer.json()["items"]
    assert (event["actor_id"], event["object_id"]) == (str(client_person.id), made["id"])
    assert set(event) == set(AuditEventOut.model_fields)
    assert WORDS not in answer.text
    (reading,) = await audited(database, "audit.read")
    assert (reading.actor_id, reading.subject_id) == (admin.id, client_person.id)


async def test_nobody_else_does(
    signed_in: Open, client_person: Person, therapist: Person, database: RolledBackDatabase
):
    for person in (client_person, therapist):
        async with signed_in(person) as http:
            assert (await http.get(EVENTS)).status_code == 403
    assert [event.outcome for event in await audited(database, "audit:read")] == ["refused", "refused"]


async def test_the_database_shows_events_to_admins_only(
    signed_in: Open, client_person: Person, admin: Person, database: RolledBackDatabase
):
    async with signed_in(client_person) as http:
        await put(http)
    counted = text("SELECT count(*) FROM audit_events")
    for context in (RowContext(), RowContext(client_person.id, client_person.role)):
        async with database.unit_of_work(context) as session:
            assert await session.scalar(counted) == 0
    async with database.unit_of_work(RowContext(admin.id, admin.role)) as session:
        assert await session.scalar(counted)

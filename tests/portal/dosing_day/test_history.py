"""Importing a dosing day: sealed, audited and read as any other, and safe to repeat."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.dosing_day.history import ImportedRecord, import_records
from afterglow_portal.dosing_day.schemas import AdverseEventBody, EventKind, ReadinessBody
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings

from tests.portal.arranging import audited, number_of
from tests.portal.course.treating import begin, schedule
from tests.portal.dosing_day.observing import day

THEN = datetime.now(UTC) - timedelta(days=9)


async def test_an_imported_day_reads_like_any_other(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, database: RolledBackDatabase,
    settings: Settings, client_person: Person, therapist: Person,
):  # fmt: skip
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    bodies = (
        ReadinessBody(reason="Her sister comes at four"),
        AdverseEventBody(kind=EventKind.fear, began_at=THEN, what="The walls came near", outcome="They went back"),
    )
    records = [ImportedRecord(id=new_id(), session_id=UUID(session), made_at=THEN, body=body) for body in bodies]
    for _ in range(2):
        await import_records(database, key_store(settings), client_person.id, therapist.id, records)
    read = await day(as_client, session)
    assert read == await day(as_therapist, session, client_person)
    assert read["readiness"]["reason"] == "Her sister comes at four"
    (event,) = read["adverse_events"]
    assert (event["what"], event["made_by"]["name"]) == ("The walls came near", therapist.name)
    assert datetime.fromisoformat(event["made_at"]) == THEN
    assert await number_of(database, "dosing_checklists") == 1
    told = await audited(database, "dosing_day.imported")
    assert {(one.object_id, one.subject_id, one.purpose) for one in told} == {
        (UUID(session), client_person.id, "import")
    }

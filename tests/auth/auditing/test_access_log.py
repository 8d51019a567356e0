"""A client sees who at the practice looked at their account; staff have no such list, and nothing else is in it."""

from uuid import UUID

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import text

from tests.auth.arranging import Browser, Desk, Program, problem
from tests.auth.auditing.test_audit_events import keep

LOG = "/access-log"
SHOWN = {
    Verb.break_glass_ended,
    Verb.break_glass_opened,
    Verb.break_glass_reviewed,
    Verb.audit_read,
    Verb.care_listed,
    Verb.covers_listed,
    Verb.person_read,
    Verb.proposal_read,
    Verb.sessions_listed,
}


async def test_a_client_sees_who_looked_at_their_account(
    desk: Desk, other_browser: Browser, web: Program, person: Person
):
    assert (await desk.ask("GET", f"/people/{person.id}")).status_code == 200
    await desk.get("/audit-events", person=person.id)
    own = await Desk.of(other_browser, person, web)
    found = (await own.get(LOG))["items"]
    assert [(one["action"], one["actor_role"]) for one in found] == [("audit:read", "admin"), ("person:read", "admin")]
    assert all(one["actor_name"] for one in found)
    assert set(found[0]) == {"id", "at", "actor_id", "actor_name", "actor_role", "action", "object_id"}
    first = await own.get(LOG, limit=1)
    assert (await own.get(LOG, limit=1, after=first["next"]))["items"] == found[1:]
    assert (await own.ask("GET", LOG, limit=101)).status_code == 422
    assert problem(await desk.ask("GET", LOG)) == (403, "forbidden")


async def test_the_view_shows_a_client_these_verbs_about_them_and_nobody_else_anything(
    database: RolledBackDatabase, staff: dict[str, Person]
):
    client, admin = new_id(), staff["admin"]
    kept: dict[UUID, bool] = {}
    for verb in Verb:
        for actor, subject, outcome in ((admin.id, client, "success"), (admin.id, client, "refused")):
            event = await keep(database, action=verb, actor_id=actor, subject_id=subject, outcome=outcome)
            kept[event] = verb in SHOWN and outcome == "success"
        for actor, subject in ((client, client), (admin.id, new_id()), (client, admin.id), (None, client)):
            kept[await keep(database, action=verb, actor_id=actor, subject_id=subject)] = False
    for person in (client, admin.id, None):
        for role in (None, *Role):
            async with database.unit_of_work(RowContext(person, role)) as session:
                seen = set(await session.scalars(text("SELECT id FROM access_log WHERE actor_name IS NOT NULL")))
            told = {one for one, shown in kept.items() if shown}
            assert seen & set(kept) == (told if (person, role) == (client, Role.client) else set()), (person, role)

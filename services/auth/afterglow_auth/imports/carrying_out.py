"""Making everybody of an import, in one transaction: all of them, or nobody.

Thousands of people through the statements of one invitation would take longer than a job may. So each statement here
makes a hundred at once, and between them whoever waits is told how far it is, on a connection of its own.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import Job
from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_unless_there
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record, record_each
from afterglow_auth.care.letters import CARE_CHANGED
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.covers import service as covers
from afterglow_auth.events import outbox
from afterglow_auth.imports.fitting import NO_THERAPIST, TAKEN, therapists_live
from afterglow_auth.imports.models import ImportState, PeopleImport
from afterglow_auth.imports.schemas import ImportRow, RowFault
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.doors import expiry
from afterglow_auth.links.letters import INVITED
from afterglow_auth.mail.sending import send_each_later
from afterglow_auth.settings import Settings

AT_ONCE = 100
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('afterglow import ' || :id))")


class NoLongerFitsError(Exception):
    """Something of the file does not fit any more; nothing of it is made."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__()
        self.faults = faults


async def carry_out_later(settings: Settings, database: Database, job: Job) -> None:
    """The handler of `carry_out_import` jobs; `database` is the worker role's."""
    import_id = UUID(job.payload["import"])
    try:
        async with database.unit_of_work(RowContext()) as session:
            async for made in carry_out(session, settings, import_id):
                await tell_progress(database, import_id, made)
    except NoLongerFitsError as error:
        await fail(database, import_id, error.faults)


async def carry_out(session: AsyncSession, settings: Settings, import_id: UUID) -> AsyncIterator[int]:
    """Make everybody, and say after each hundred how many. Nothing where it has ended. Raises NoLongerFitsError.

    The row itself is changed last: until then others may write into it how far it is.
    """
    await session.execute(ONE_AT_A_TIME, {"id": str(import_id)})
    found = await session.get(PeopleImport, import_id)
    if found is None or found.state != ImportState.under_way:
        return
    rows = [ImportRow.model_validate(row) for row in found.rows]
    asked_by = found.asked_by
    async for made in make_all(session, settings, rows, asked_by):
        yield made
    done = update(PeopleImport).where(col(PeopleImport.id) == import_id)
    await session.execute(done.values(carried_out_at=datetime.now(UTC), made=len(rows), rows=[]))
    await record(session, Verb.import_carried_out, object_id=import_id)


async def make_all(
    session: AsyncSession, settings: Settings, rows: Sequence[ImportRow], asked_by: UUID | None
) -> AsyncIterator[int]:
    """Everybody, a hundred at a time; says how many after each. Raises NoLongerFitsError."""
    await check_therapists(session, rows)
    for start in range(0, len(rows), AT_ONCE):
        await make(session, settings, rows[start : start + AT_ONCE], asked_by)
        yield min(start + AT_ONCE, len(rows))
    await tell_therapists(session, rows)


async def check_therapists(session: AsyncSession, rows: Sequence[ImportRow]) -> None:
    """Those who treat from the beginning stay therapists with live accounts until this transaction ends."""
    live = await therapists_live(session, {row.therapist_id for row in rows if row.therapist_id})
    words = "no therapist here has this address"
    gone = [
        RowFault(row=row.row, column="therapist_email", code=NO_THERAPIST, message=words)
        for row in rows
        if row.therapist_id and row.therapist_id not in live
    ]
    if gone:
        raise NoLongerFitsError(gone)


async def make(session: AsyncSession, settings: Settings, rows: Sequence[ImportRow], asked_by: UUID | None) -> None:
    """People with their invitations and the care they come with, told to everybody. Raises NoLongerFitsError."""
    people = await add_people(session, rows)
    expires_at = expiry(settings.invitation_lifetime)
    invitations = [Invitation(person_id=person.id, created_by=asked_by, expires_at=expires_at) for person in people]
    await session.execute(insert(Invitation), [one.model_dump() for one in invitations])
    await record_each(session, Verb.person_created, [(person.id, person.id) for person in people])
    await record_each(session, Verb.invitation_made, [(one.id, one.person_id) for one in invitations])
    await outbox.people_added(session, people)
    await send_each_later(session, INVITED, [(one.person_id, one.id) for one in invitations])
    await begin_care(session, rows, people)


async def add_people(session: AsyncSession, rows: Sequence[ImportRow]) -> list[Person]:
    now = datetime.now(UTC)
    people = [
        Person(
            id=new_id(),
            role="client",
            created_at=now,
            **row.model_dump(include={"email", "name", "time_zone", "locale"}),
        )
        for row in rows
    ]
    columns = ("id", "email", "name", "role", "locale", "time_zone", "created_at")
    values = [person.model_dump(include=set(columns)) for person in people]
    adding = insert_unless_there(Person).values(values).on_conflict_do_nothing().returning(col(Person.id))
    made = set(await session.scalars(adding))
    words = "somebody here has this address already"
    taken = [
        RowFault(row=row.row, column="email", code=TAKEN, message=words)
        for row, person in zip(rows, people, strict=True)
        if person.id not in made
    ]
    if taken:
        raise NoLongerFitsError(taken)
    return people


async def begin_care(session: AsyncSession, rows: Sequence[ImportRow], people: Sequence[Person]) -> None:
    now = datetime.now(UTC)
    care = [
        CareRelationship(id=new_id(), client_id=person.id, therapist_id=row.therapist_id, started_at=now)
        for row, person in zip(rows, people, strict=True)
        if row.therapist_id
    ]
    if not care:
        return
    await session.execute(insert(CareRelationship), [one.model_dump() for one in care])
    await record_each(session, Verb.care_assigned, [(one.id, one.client_id) for one in care])
    await outbox.care_begun(session, care)
    for one in care:
        await covers.care_began(session, one)
    await send_each_later(session, CARE_CHANGED, [(one.client_id, one.id) for one in care])


async def tell_therapists(session: AsyncSession, rows: Sequence[ImportRow]) -> None:
    """One mail each, however many clients came."""
    theirs = {row.therapist_id: None for row in rows if row.therapist_id}
    if theirs:
        await send_each_later(session, CARE_CHANGED, list(theirs.items()))


async def tell_progress(database: Database, import_id: UUID, made: int) -> None:
    """On a connection of its own: what is being made is seen by nobody yet, how far it is by everybody."""
    async with database.unit_of_work(RowContext()) as session:
        await session.execute(update(PeopleImport).where(col(PeopleImport.id) == import_id).values(made=made))


async def fail(database: Database, import_id: UUID, faults: Sequence[RowFault]) -> None:
    """Keep why nothing was made; unless somebody was faster."""
    async with database.unit_of_work(RowContext()) as session:
        await session.execute(ONE_AT_A_TIME, {"id": str(import_id)})
        found = (await session.scalars(select(PeopleImport).where(col(PeopleImport.id) == import_id))).one()
        if found.state != ImportState.under_way:
            return
        found.failed_at, found.made, found.rows = datetime.now(UTC), 0, []
        found.faults = [fault.model_dump(mode="json") for fault in faults]
        await session.flush()
        await record(
            session, Verb.import_carried_out, object_id=import_id, purpose=faults[0].code, outcome=Outcome.refused
        )

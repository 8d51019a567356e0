"""What happens to an import: it is read and shown, and once somebody says so it is carried out by a job."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from afterglow_foundation import jobs
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.imports.fitting import fit
from afterglow_auth.imports.models import ImportState, PeopleImport
from afterglow_auth.imports.reading import read
from afterglow_auth.imports.schemas import ImportIn, ImportOut, ImportRow, RowFault
from afterglow_auth.problems import ImportHasFaults

CARRY_OUT = "carry_out_import"
FIRST = 100


class Wish(NamedTuple):
    """A file under an id of the asker's; `digest` tells a repeat from another file."""

    id: UUID
    wanted: ImportIn
    digest: bytes

    @property
    def refusal(self) -> Refusal:
        return Refusal(Verb.import_made, self.id)


async def preview(session: AsyncSession, wish: Wish, caller: Caller) -> tuple[PeopleImport, bool]:
    """Read a file and keep what it says; nobody is made. True if this did it, False for a repeat.

    Raises Conflict where this id stands for another file.
    """
    if repeat := await find_repeat(session, wish):
        return repeat, False
    reading = read(wish.wanted)
    rows = await fit(session, reading)
    values = {
        "id": wish.id,
        "asked_by": caller.person,
        "created_at": datetime.now(UTC),
        "body_digest": wish.digest,
        "total": reading.total,
        "rows": [] if reading.faults else [row.model_dump(mode="json") for row in rows],
        "faults": [fault.model_dump(mode="json") for fault in reading.faults],
        "made": 0,
    }
    made = await session.scalar(insert(PeopleImport).values(**values).on_conflict_do_nothing().returning(PeopleImport))
    if made is None:  # sent twice at once
        return await find(session, wish.id, wish.refusal), False
    await record(session, Verb.import_made, caller, object_id=made.id)
    return made, True


async def find_repeat(session: AsyncSession, wish: Wish) -> PeopleImport | None:
    found = await session.get(PeopleImport, wish.id)
    if found and found.body_digest != wish.digest:
        raise Conflict(refusal=wish.refusal)
    return found


async def find(session: AsyncSession, import_id: UUID, refusal: Refusal | None = None) -> PeopleImport:
    found = await session.get(PeopleImport, import_id, populate_existing=True)
    if found is None:
        raise NotFound(refusal=refusal)
    return found


async def execute(session: AsyncSession, import_id: UUID, caller: Caller) -> PeopleImport:
    """Have it carried out. Again, it changes nothing. Raises NotFound, ImportHasFaults."""
    refusal = Refusal(Verb.import_started, import_id)
    found = await find(session, import_id, refusal)
    if found.faults and found.state == ImportState.preview:
        raise ImportHasFaults(refusal=refusal)
    starting = update(PeopleImport).where(
        col(PeopleImport.id) == import_id,
        col(PeopleImport.started_at).is_(None),
        func.jsonb_array_length(col(PeopleImport.faults)) == 0,
    )
    started = starting.values(started_at=datetime.now(UTC)).returning(col(PeopleImport.id))
    if await session.scalar(started.execution_options(synchronize_session=False)):
        await jobs.enqueue(session, CARRY_OUT, {"import": str(import_id)})
        await record(session, Verb.import_started, caller, object_id=import_id)
    return await find(session, import_id, refusal)


def as_shown(found: PeopleImport) -> ImportOut:
    """The first rows and faults of it."""
    return ImportOut(
        id=found.id,
        state=found.state,
        total=found.total,
        made=found.made,
        created_at=found.created_at,
        rows=[ImportRow.model_validate(row) for row in found.rows[:FIRST]],
        faults=[RowFault.model_validate(fault) for fault in found.faults[:FIRST]],
        fault_count=len(found.faults),
    )

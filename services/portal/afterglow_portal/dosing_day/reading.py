"""Read everything that is recorded of a dosing session."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.models import Administration, CourseSession
from afterglow_portal.course.policy import administrations_of, sessions_of
from afterglow_portal.course.schemas import State
from afterglow_portal.dosing_day import observing
from afterglow_portal.dosing_day.content import adverse_event_out, checklist_out, observation_out, vital_signs_out
from afterglow_portal.dosing_day.models import AdverseEvent, Checklist, Observation, RecordColumns, VitalSigns
from afterglow_portal.dosing_day.policy import lists_of, records_of
from afterglow_portal.dosing_day.ranges import RANGES
from afterglow_portal.dosing_day.schemas import DosingDay, RangeOut
from afterglow_portal.dosing_day.steps import List
from afterglow_portal.people.names import names_of
from afterglow_portal.sealing import find_key

Row = TypeVar("Row", bound=RecordColumns)


async def find_day(
    session: AsyncSession, keys: DataKeyStore, client: UUID, session_id: UUID, observed: str
) -> DosingDay:
    """The day of one of the client's sessions; empty lists where nothing is recorded. Raises NotFound.

    `observed` names the medicines after which the practice observes.
    """
    meeting = await session.scalar(sessions_of(client).where(col(CourseSession.id) == session_id))
    if meeting is None:
        raise NotFound(refusal=Refusal(AuditAction.course_read, session_id, client))
    readings: list[VitalSigns] = await all_of(session, VitalSigns, client, session_id)
    events: list[AdverseEvent] = await all_of(session, AdverseEvent, client, session_id)
    observations: list[Observation] = await all_of(session, Observation, client, session_id)
    lists: dict[List, list[Checklist]] = {
        which: list(await session.scalars(lists_of(client, session_id, which))) for which in List
    }
    asked = administrations_of(client).where(col(Administration.session_id) == session_id)
    given = list(await session.scalars(asked))
    rows: list[RecordColumns] = [*readings, *events, *observations, *lists[List.readiness], *lists[List.discharge]]
    key = await find_key(keys, session, client)
    if key is None:
        raise LookupError("a session whose client has no data key that may be read")
    names = await names_of(session, {row.made_by for row in rows})
    replaced = {row.replaces for row in rows}
    observation = next((row for row in observations if row.id not in replaced), None)
    watched = observing.observed_of(given, observed)
    counted = [row for row in readings if row.id not in replaced]
    return DosingDay(
        session_id=session_id,
        readiness=checklist_out(List.readiness, lists[List.readiness], key, names),
        discharge=checklist_out(List.discharge, lists[List.discharge], key, names),
        vital_signs=[
            vital_signs_out(row, row.id in replaced, names) for row in sorted(readings, key=lambda one: one.measured_at)
        ],
        adverse_events=[
            adverse_event_out(row, row.id in replaced, key, names)
            for row in sorted(events, key=lambda one: one.began_at)
        ],
        observation=observation_out(observation, False, key, names) if observation else None,
        observation_before=[observation_out(row, True, key, names) for row in observations if row.id in replaced],
        observation_required=bool(watched),
        warnings=list(observing.warnings(watched, observation, counted, over=meeting.state == State.ended))
        if watched
        else [],
        ranges=[RangeOut.model_validate(one) for one in RANGES],
    )


async def all_of(session: AsyncSession, table: type[Row], client: UUID, session_id: UUID) -> list[Row]:
    found: Sequence[Row] = (await session.scalars(records_of(table, client, session_id))).all()
    return list(found)

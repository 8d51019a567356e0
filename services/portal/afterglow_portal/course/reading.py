"""Read a client's courses: each with its sessions, what they were before, and what was given."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.course.content import administration_out, course_out, session_out, stood_out
from afterglow_portal.course.earlier import plans_that_stood
from afterglow_portal.course.models import Administration, AdministrationVersion, CourseSession, SessionVersion
from afterglow_portal.course.policy import courses_of, recorded_of, sessions_of, sessions_to_come
from afterglow_portal.course.reasons import reasons_of
from afterglow_portal.course.schemas import CourseDetail, Courses, NextSession, SessionOut, ToCome
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.people.names import names_of
from afterglow_portal.sealing import find_key


async def find_courses(session: AsyncSession, keys: DataKeyStore, client: UUID, *, own: bool) -> Courses:
    """All of them, the newest first: there are a handful in ten years, with a few dozen sessions each.

    To the client themselves no thread is named whose entry they erased. Whose care ended before a plan was changed is
    shown the plan as it stood.
    """
    rows = list(await session.scalars(courses_of(client)))
    planned = list(
        await session.scalars(sessions_of(client).order_by(col(CourseSession.planned_at), col(CourseSession.id)))
    )
    if not rows and not planned:
        return Courses(items=[])
    key = await find_key(keys, session, client)
    if key is None:
        raise LookupError("a course whose client has no data key that may be read")
    stood = await plans_that_stood(session, client, {one.course_id for one in planned} - {row.id for row in rows})
    given = list(
        await session.scalars(recorded_of(client).order_by(col(Administration.given_at), col(Administration.id)))
    )
    left = await entries_left(session, client, planned) if own else None
    before = await versions_of(session, client)
    reasons = await reasons_of(session, client, key)
    corrected = await corrections_of(session, client)
    writers = {one.made_by for many in (rows, stood, planned, given) for one in many}
    writers |= {one.edited_by for one in rows if one.edited_by}
    writers |= {one.made_by for versions in corrected.values() for one in versions}
    writers |= {by for one in given for by in (one.corrected_by, one.withdrawn_by) if by}
    names = await names_of(session, writers)
    course_by_session = {one.id: one.course_id for one in planned}
    plans = [course_out(row, key, names) for row in rows] + [stood_out(one, key, names) for one in stood]
    return Courses(
        items=[
            CourseDetail(
                **plan.model_dump(),
                sessions=[
                    told(session_out(one, before.get(one.id, []), reasons, names), left)
                    for one in planned
                    if one.course_id == plan.id
                ],
                administrations=[
                    administration_out(one, corrected.get(one.id, []), key, names)
                    for one in given
                    if course_by_session[one.session_id] == plan.id
                ],
            )
            for plan in sorted(plans, key=lambda one: (one.started_on, one.id), reverse=True)
        ]
    )


async def entries_left(session: AsyncSession, client: UUID, planned: list[CourseSession]) -> set[UUID]:
    """The entries that are threads of sessions and still there."""
    entries = select(col(JournalEntry.id)).where(
        col(JournalEntry.client_id) == client, col(JournalEntry.id).in_({one.thread for one in planned if one.thread})
    )
    return set(await session.scalars(entries))


def told(one: SessionOut, left: set[UUID] | None) -> SessionOut:
    return one if left is None or one.thread in left else one.model_copy(update={"thread": None})


async def find_next(session: AsyncSession, client: UUID) -> ToCome:
    """The next session alone, for a page that shows nothing else of the course."""
    found = await session.scalar(sessions_to_come(client, datetime.now(UTC)).limit(1))
    return ToCome(next=NextSession.model_validate(found, from_attributes=True) if found else None)


async def versions_of(session: AsyncSession, client: UUID) -> dict[UUID, list[SessionVersion]]:
    earlier = SessionVersion
    rows = await session.scalars(select(earlier).where(col(earlier.client_id) == client).order_by(col(earlier.version)))
    found: dict[UUID, list[SessionVersion]] = {}
    for row in rows:
        found.setdefault(row.session_id, []).append(row)
    return found


async def corrections_of(session: AsyncSession, client: UUID) -> dict[UUID, list[AdministrationVersion]]:
    earlier = AdministrationVersion
    rows = await session.scalars(select(earlier).where(col(earlier.client_id) == client).order_by(col(earlier.version)))
    found: dict[UUID, list[AdministrationVersion]] = {}
    for row in rows:
        found.setdefault(row.administration_id, []).append(row)
    return found

"""What a plan said before: every version of it, each with who wrote it and when."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.content import named, plan_words, version_words
from afterglow_portal.course.models import Course, CourseVersion, PlanColumns
from afterglow_portal.course.policy import courses_of
from afterglow_portal.course.schemas import PlanContent, PlanVersion, PlanVersions
from afterglow_portal.people.names import names_of
from afterglow_portal.sealing import find_key


async def find_versions(session: AsyncSession, keys: DataKeyStore, client: UUID, course_id: UUID) -> PlanVersions:
    """Oldest first, the current one last. Raises NotFound.

    Whose care ended before the current one was written is shown those that were written till then.
    """
    course = await session.scalar(courses_of(client).where(col(Course.id) == course_id))
    version = CourseVersion
    of_it = col(version.client_id) == client, col(version.course_id) == course_id
    earlier = list(await session.scalars(select(version).where(*of_it).order_by(col(version.version))))
    key = await find_key(keys, session, client) if course or earlier else None
    if key is None:
        raise NotFound(refusal=Refusal(AuditAction.course_read, course_id, client))
    writers = {one.made_by for one in earlier}
    names = await names_of(session, writers | {course.edited_by or course.made_by} if course else writers)
    current = [now(course, key, names)] if course else []
    return PlanVersions(items=[*(before(row, key, names) for row in earlier), *current])


async def plans_that_stood(session: AsyncSession, client: UUID, courses: Collection[UUID]) -> list[CourseVersion]:
    """The newest version that the caller reads of each of these courses."""
    if not courses:
        return []
    version = CourseVersion
    of_them = col(version.client_id) == client, col(version.course_id).in_(courses)
    newest = select(version).where(*of_them).order_by(col(version.course_id), col(version.version).desc())
    return list(await session.scalars(newest.ext(distinct_on(col(version.course_id)))))


def before(row: CourseVersion, key: DataKey, names: Mapping[UUID, str]) -> PlanVersion:
    return version_out(row, version_words(row, key), row.made_at, row.made_by, names)


def now(course: Course, key: DataKey, names: Mapping[UUID, str]) -> PlanVersion:
    since, by = course.edited_at or course.made_at, course.edited_by or course.made_by
    return version_out(course, plan_words(course, key), since, by, names)


def version_out(
    row: Course | CourseVersion, words: str, made_at: datetime, made_by: UUID, names: Mapping[UUID, str]
) -> PlanVersion:
    plain = {name: getattr(row, name) for name in PlanColumns.model_fields if name != "content"}
    said = PlanContent.model_validate_json(words).model_dump()
    told = {"version": row.version, "made_at": made_at, "made_by": named(made_by, names)}
    return PlanVersion.model_validate({**plain, **said, **told})

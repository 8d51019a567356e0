"""Write a course and edit it: exactly once, every version kept."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.content import plan_columns, plan_words, sealed_version
from afterglow_portal.course.models import Course, CourseVersion, PlanColumns
from afterglow_portal.course.policy import courses_of
from afterglow_portal.course.schemas import CourseBody, CourseVersionBody
from afterglow_portal.course.writer import Writer
from afterglow_portal.edits import Edits
from afterglow_portal.sealing import find_key

EDITS = Edits(Course, CourseVersion, of="course_id")


class CourseChanged(Conflict):
    code, title = "course_changed", "This course was changed since you opened it"


async def key_for(keys: DataKeyStore, session: AsyncSession, client: UUID) -> DataKey:
    """The client's data key; made now where they have written nothing yet."""
    return await find_key(keys, session, client) or await keys.find_or_make(session, client)


async def find_course(session: AsyncSession, client: UUID, course_id: UUID) -> Course | None:
    course: Course | None = await session.scalar(courses_of(client).where(col(Course.id) == course_id))
    return course


async def begin(writer: Writer, course_id: UUID, body: CourseBody, *, at: datetime | None = None) -> bool:
    """Store a course under the id its writer made; False if it was stored before. Raises Conflict for another body.

    `at` is when it was made where that was earlier, elsewhere.
    """
    session, client, key = writer.session, writer.client, writer.key
    digest = key.digest(body.canonical())
    made = await session.execute(
        insert(Course)
        .values(
            client_id=client,
            id=course_id,
            made_at=at or datetime.now(UTC),
            made_by=writer.by,
            version=1,
            body_digest=digest,
            **plan_columns(body, course_id, key),
        )
        .on_conflict_do_nothing()
        .returning(col(Course.id))
    )
    if made.first() is not None:
        return True
    before = await find_course(session, client, course_id)
    if before is None or before.body_digest != digest:
        raise Conflict
    return False


async def edit(writer: Writer, course_id: UUID, body: CourseVersionBody, *, at: datetime | None = None) -> bool:
    """Replace what a course says; the version before is kept. False if this edit was made before.

    Raises NotFound, CourseChanged for an edit of a version that is no longer current, and Conflict when another body
    was sent under this `version_id`. `at` is when it was made where that was earlier, elsewhere.
    """
    session, client, key = writer.session, writer.client, writer.key
    course = await session.scalar(courses_of(client).where(col(Course.id) == course_id).with_for_update())
    if course is None:
        raise NotFound(refusal=Refusal(AuditAction.course_edited, course_id, client))
    digest = key.digest(body.canonical())
    if await EDITS.made_before(session, course, body.version_id, digest):
        return False
    if body.base_version != course.version:
        raise CourseChanged
    row = new_id()
    content = {name: getattr(course, name) for name in PlanColumns.model_fields}
    content["content"] = sealed_version(plan_words(course, key), row, key)
    session.add(
        CourseVersion(
            client_id=client,
            id=row,
            course_id=course_id,
            version=course.version,
            made_at=course.edited_at or course.made_at,
            made_by=course.edited_by or course.made_by,
            version_id=course.version_id,
            version_digest=course.version_digest,
            **content,
        )
    )
    for name, value in plan_columns(body, course_id, key).items():
        setattr(course, name, value)
    course.version += 1
    course.edited_at, course.edited_by = at or datetime.now(UTC), writer.by
    course.version_id, course.version_digest = body.version_id, digest
    await session.flush()
    return True

"""What the audit keeps about one person, newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import AuditEvent
from afterglow_auth.security.activity.wording import NEVER_TOLD

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the cursor of the page after this one."""

    events: Sequence[AuditEvent]
    next: UUID | None


def about(person_id: UUID, before: UUID | None, limit: int) -> Select[AuditEvent]:
    """Events about a person that they may be told of, the newest first; their ids are in the order of time."""
    asked = select(AuditEvent).where(
        col(AuditEvent.subject_id) == person_id, col(AuditEvent.action).not_in(sorted(NEVER_TOLD))
    )
    if before:
        asked = asked.where(col(AuditEvent.id) < before)
    return asked.order_by(col(AuditEvent.id).desc()).limit(limit)


async def read_page(session: AsyncSession, person_id: UUID, before: UUID | None) -> Page:
    found = (await session.scalars(about(person_id, before, PAGE + 1))).all()
    shown = found[:PAGE]
    return Page(shown, shown[-1].id if len(found) > PAGE else None)

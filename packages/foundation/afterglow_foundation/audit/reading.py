"""Reading a service's audit events: metadata only, the newest first, page by page.

An id is a UUIDv7 made at the moment of its event, so the order of ids is the order of time, and one cursor fits the
events of every service.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_foundation.audit.columns import AuditEventColumns, Outcome

LARGEST_PAGE = 100
LATE = timedelta(minutes=1)  # an event's id and time are made one after the other
Action = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_.:-]+$")]


class AskedEvents(BaseModel):
    """Which events: `person` acted or was acted on, `since` and before `until`, and older than the event `after`."""

    model_config = ConfigDict(extra="forbid")

    person: UUID | None = None
    action: Action | None = None
    outcome: Outcome | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    after: UUID | None = None
    limit: int = Field(default=50, ge=1, le=LARGEST_PAGE)


class AuditEventOut(BaseModel):
    """Who did what to whose what, and whether it was let happen. Never what was written."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    actor_id: UUID | None
    actor_role: str | None
    subject_id: UUID | None
    action: str
    object_id: UUID | None
    purpose: str | None
    outcome: Outcome
    request_id: str | None


class AuditEventPage(BaseModel):
    items: list[AuditEventOut]
    next: UUID | None


async def page_of_events(session: AsyncSession, table: type[AuditEventColumns], asked: AskedEvents) -> AuditEventPage:
    """One page, as far as row security shows the table to whoever asks."""
    found = (await session.scalars(chosen(table, asked))).all()
    shown = [AuditEventOut.model_validate(event) for event in found[: asked.limit]]
    return AuditEventPage(items=shown, next=shown[-1].id if len(found) > asked.limit else None)


def chosen(table: type[AuditEventColumns], asked: AskedEvents) -> Select[Any]:
    newest_first = col(table.id).desc()
    if asked.person is None:
        return select(table).where(*conditions(table, asked)).order_by(newest_first).limit(asked.limit + 1)
    # Each side has an index that begins with the person; asked for with OR, none of them would serve.
    sides = [
        select(col(table.id))
        .where(side == asked.person, *conditions(table, asked))
        .order_by(newest_first)
        .limit(asked.limit + 1)
        .subquery()
        for side in (col(table.actor_id), col(table.subject_id))
    ]
    theirs = or_(*(col(table.id).in_(select(side.c.id)) for side in sides))
    return select(table).where(theirs).order_by(newest_first).limit(asked.limit + 1)


def conditions(table: type[AuditEventColumns], asked: AskedEvents) -> list[ColumnElement[bool]]:
    """Times are compared twice: as ids, which are the index's order, and exactly."""
    found = [getattr(table, name) == value for name in ("action", "outcome") if (value := getattr(asked, name))]
    if asked.since:
        found += [col(table.at) >= asked.since, col(table.id) >= first_id(asked.since - LATE)]
    if asked.until:
        found += [col(table.at) < asked.until, col(table.id) < first_id(asked.until + LATE)]
    if asked.after:
        found.append(col(table.id) < asked.after)
    return found


def first_id(moment: datetime) -> UUID:
    """The least UUIDv7 of a moment (RFC 9562 §5.7); the least of all before 1970."""
    milliseconds = min(max(int(moment.timestamp() * 1000), 0), 2**48 - 1)
    return UUID(int=milliseconds << 80)

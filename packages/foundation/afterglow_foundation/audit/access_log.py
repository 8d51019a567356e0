"""Reading one's own access log: what others opened of one's own, by whom and when, the newest first.

The view behind it has no session and no request in it (`ddl.create_access_log`), and shows nobody another's rows.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, Index, Select, String, Uuid, column, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_foundation.callers import Role

LARGEST_PAGE = 100
ACCESS_LOG = table(
    "access_log",
    column("id", Uuid),
    column("at", DateTime(timezone=True)),
    column("actor_id", Uuid),
    column("actor_name", String),
    column("actor_role", String),
    column("action", String),
    column("object_id", Uuid),
)
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


class Opening(BaseModel):
    """Somebody did something with what is the caller's. `actor_name` is null for somebody unknown here."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    actor_id: UUID
    actor_name: str | None
    actor_role: Role
    action: str
    object_id: UUID | None


class OpeningPage(BaseModel):
    items: list[Opening]
    next: UUID | None


def log_index() -> Index:
    """What keeps a page quick, however much its reader does themselves."""
    return Index(
        "ix_audit_events_access_log",
        "subject_id",
        "id",
        postgresql_where=text("actor_id <> subject_id AND outcome = 'success'"),
    )


def openings(actions: Collection[StrEnum] | None, after: UUID | None, limit: int) -> Select[Any]:
    """One row more than a page has; `actions` None is all of them. An id is made when its event is."""
    log = ACCESS_LOG.c
    asked = select(ACCESS_LOG).order_by(log.id.desc()).limit(limit + 1)
    if actions is not None:
        asked = asked.where(log.action.in_([str(action) for action in actions]))
    return asked if after is None else asked.where(log.id < after)


async def page_of_openings(
    session: AsyncSession, actions: Collection[StrEnum] | None, after: UUID | None, limit: int
) -> OpeningPage:
    found = (await session.execute(openings(actions, after, limit))).all()
    shown = [Opening.model_validate(row) for row in found[:limit]]
    return OpeningPage(items=shown, next=shown[-1].id if len(found) > limit else None)

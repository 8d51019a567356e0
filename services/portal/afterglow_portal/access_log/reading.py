"""One page of the log, with the days of what was opened and with who stood in for somebody."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from afterglow_foundation.audit.access_log import ACCESS_LOG, openings
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.security_events.feed import STALE_AFTER
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.access_log.schemas import KINDS, Kind, Opening, OpeningPage
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.people.models import CareRelationship, Grant

TOLD_WITHIN = timedelta(seconds=STALE_AFTER)  # after that staff are refused whatever they ask


async def find_page(
    session: AsyncSession, caller: Caller, kind: Kind | None, after: UUID | None, limit: int
) -> OpeningPage:
    found = (await session.execute(described(caller.person, KINDS[kind] if kind else None, after, limit))).all()
    shown = [Opening.model_validate(row) for row in found[:limit]]
    return OpeningPage(items=shown, next=shown[-1].id if len(found) > limit else None)


def described(client: UUID, actions: Collection[Any] | None, after: UUID | None, limit: int) -> Select[Any]:
    return openings(actions, after, limit).add_columns(
        day_of_it(client).label("day"),
        by_grant(client, "cover").label("stood_in"),
        by_grant(client, "break_glass").label("in_emergency"),
    )


def day_of_it(client: UUID) -> ColumnElement[Any]:
    """The local day of what was opened; ids of entries and check-ins are made apart, and never the same."""
    days = [
        select(col(table.local_date))
        .where(col(table.client_id) == client, col(table.id) == ACCESS_LOG.c.object_id)
        .scalar_subquery()
        for table in (JournalEntry, CheckIn)
    ]
    return func.coalesce(*days)


def by_grant(client: UUID, kind: str) -> ColumnElement[bool]:
    """A cover or an emergency let them read then, and no care of their own did.

    One that was ended early is told some moments later, in which they may still have read.
    """
    log, care, grant = ACCESS_LOG.c, CareRelationship, Grant
    ended = col(care.ended_at)
    treated = exists().where(
        col(care.client_id) == client,
        col(care.therapist_id) == log.actor_id,
        col(care.started_at) <= log.at,
        or_(ended.is_(None), ended > log.at),
    )
    granted = exists().where(
        col(grant.kind) == kind,
        col(grant.client_id) == client,
        col(grant.therapist_id) == log.actor_id,
        col(grant.starts_at) <= log.at,
        col(grant.ends_at) + TOLD_WITHIN > log.at,
    )
    return and_(log.actor_role == Role.therapist, granted, ~treated)

"""Emergencies with the names of everybody in them, and with the words of their review."""

from datetime import timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.sealing import KeyProvider, WrappedKey
from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.break_glass.models import BreakGlassReview, Outcome, Reason
from afterglow_auth.break_glass.policy import REVIEWED, ended_by, reviewed_by, seen_by
from afterglow_auth.break_glass.schemas import BreakGlassOut, BreakGlassPage, ReviewOut
from afterglow_auth.covers.models import Grant
from afterglow_auth.named import Named

REVIEW_WITHIN = timedelta(days=1)
Client, Therapist, Ender, Reviewer = aliased(Person), aliased(Person), aliased(Person), aliased(Person)


def sealed_as(grant_id: UUID) -> bytes:
    """Additional data: a sealed remark opens only in its own row."""
    return f"auth|break_glass_reviews|remark|{grant_id}".encode()


def with_names(caller: Caller) -> Select[Grant, str, str, str, BreakGlassReview, str, bool, bool]:
    return (
        select(
            Grant,
            col(Client.name),
            col(Therapist.name),
            col(Ender.name),
            BreakGlassReview,
            col(Reviewer.name),
            (reviewed_by(caller) & col(BreakGlassReview.grant_id).is_(None)).label("waits"),
            ended_by(caller).label("goes_on"),
        )
        .join(Client, col(Client.id) == col(Grant.client_id))
        .join(Therapist, col(Therapist.id) == col(Grant.therapist_id))
        .outerjoin(Ender, col(Ender.id) == col(Grant.ended_by))
        .outerjoin(BreakGlassReview, col(BreakGlassReview.grant_id) == col(Grant.id))
        .outerjoin(Reviewer, col(Reviewer.id) == col(BreakGlassReview.reviewed_by))
        .where(seen_by(caller))
    )


async def as_shown(
    row: Row[Grant, str, str, str, BreakGlassReview, str, bool, bool], sealed_with: KeyProvider
) -> BreakGlassOut:
    grant, client, therapist, ender, review, reviewer, waits, goes_on = row
    return BreakGlassOut(
        id=grant.id,
        client=Named(id=grant.client_id, name=client),
        therapist=Named(id=grant.therapist_id, name=therapist),
        reason=Reason(grant.reason_code or Reason.other),
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        ended_by=Named(id=grant.ended_by, name=ender) if grant.ended_by else None,
        review_due_at=grant.starts_at + REVIEW_WITHIN,
        review=await review_out(review, reviewer, sealed_with) if review else None,
        yours_to_review=waits,
        yours_to_end=goes_on,
    )


async def review_out(review: BreakGlassReview, reviewer: str, sealed_with: KeyProvider) -> ReviewOut:
    """Raises SealBrokenError when its remark does not open."""
    remark = None
    if review.remark is not None and review.key_version is not None:
        wrapped = WrappedKey(review.key_version, review.remark)
        remark = (await sealed_with.unwrap(wrapped, sealed_as(review.grant_id))).decode()
    by = Named(id=review.reviewed_by, name=reviewer)
    return ReviewOut(by=by, at=review.reviewed_at, outcome=Outcome(review.outcome), remark=remark)


async def find(
    session: AsyncSession, caller: Caller, sealed_with: KeyProvider, grant_id: UUID, refusal: Refusal
) -> BreakGlassOut:
    """Raise NotFound where there is none for this caller."""
    asked = with_names(caller).where(col(Grant.id) == grant_id).execution_options(populate_existing=True)
    row = (await session.execute(asked)).one_or_none()
    if row is None:
        raise NotFound(refusal=refusal)
    return await as_shown(row, sealed_with)


async def page_of(
    session: AsyncSession, caller: Caller, sealed_with: KeyProvider, *, after: UUID | None, limit: int
) -> BreakGlassPage:
    """By id, which is by time: the newest first."""
    asked = with_names(caller).order_by(col(Grant.id).desc()).limit(limit + 1)
    if after:
        asked = asked.where(col(Grant.id) < after)
    rows = (await session.execute(asked)).all()
    return BreakGlassPage(
        items=[await as_shown(row, sealed_with) for row in rows[:limit]],
        waiting=await count_waiting(session, caller),
        next=str(rows[limit - 1].Grant.id) if len(rows) > limit else None,
    )


async def count_waiting(session: AsyncSession, caller: Caller) -> int:
    """How many the caller may review, and nobody has."""
    condition = reviewed_by(caller) & ~REVIEWED
    return await session.scalar(select(func.count()).select_from(Grant).where(condition)) or 0

"""Which emergencies somebody may see, and which they may review."""

from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlmodel import col

from afterglow_auth.break_glass.models import BreakGlassReview
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.covers.models import Grant

IS_BREAK_GLASS = col(Grant.kind) == "break_glass"
REVIEWED = exists(
    select(col(BreakGlassReview.grant_id)).where(col(BreakGlassReview.grant_id) == col(Grant.id)).correlate(Grant)
)


def treats(therapist: UUID) -> ColumnElement[bool]:
    """They treat the client of the grant now."""
    care = CareRelationship
    return exists(
        select(col(care.id)).where(
            col(care.client_id) == col(Grant.client_id),
            col(care.therapist_id) == therapist,
            col(care.ended_at).is_(None),
        )
    )


def seen_by(caller: Caller) -> ColumnElement[bool]:
    """Admins see every one; a therapist their own, and those of clients whom they treat."""
    person = caller.person
    theirs = true() if caller.role == Role.admin else or_(col(Grant.therapist_id) == person, treats(person))
    return and_(IS_BREAK_GLASS, theirs)


def ended_by(caller: Caller) -> ColumnElement[bool]:
    """It goes on, and the caller opened it or is an admin."""
    theirs = true() if caller.role == Role.admin else col(Grant.therapist_id) == caller.person
    return and_(IS_BREAK_GLASS, theirs, col(Grant.ended_by).is_(None), col(Grant.ends_at) > func.now())


def reviewed_by(caller: Caller) -> ColumnElement[bool]:
    """Nobody reviews what they did themselves."""
    return and_(seen_by(caller), col(Grant.therapist_id) != caller.person)

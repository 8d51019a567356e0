"""What was shared before, in and out."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from afterglow_portal.people.schemas import Named


class EarlierShareBody(BaseModel, extra="forbid", frozen=True):
    """Show `therapist_id` what was shared with others, of these days of one's own calendar, both included."""

    therapist_id: UUID
    from_date: date
    until_date: date


class EarlierShareOut(BaseModel):
    id: UUID
    therapist: Named
    from_date: date
    until_date: date
    chosen_at: datetime
    taken_back_at: datetime | None


class Newcomer(Named):
    """Whoever treats the client now, and how much of what was shared with others they do not see."""

    since: datetime
    check_ins: int
    entries: int
    lines: int
    first_day: date | None


class EarlierShares(BaseModel):
    """`shares` are the choices that stand or were taken back, the newest first."""

    therapists: list[Newcomer]
    shares: list[EarlierShareOut]
    shared_again_at: datetime | None

"""What auth and portal answer about emergencies, as far as pages show it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.course.records import Named

LATELY = timedelta(days=30)


class Review(BaseModel):
    by: Named
    at: datetime
    outcome: str
    remark: str | None = None


class Emergency(BaseModel):
    """Who opened whose record, who ended that before its hour was over, and whether somebody has looked at it since."""

    id: UUID
    client: Named
    therapist: Named
    reason: str
    starts_at: datetime
    ends_at: datetime
    ended_by: Named | None = None
    review_due_at: datetime
    review: Review | None = None
    yours_to_review: bool = False
    yours_to_end: bool = False

    @property
    def overdue(self) -> bool:
        return self.review is None and self.review_due_at <= datetime.now(UTC)


class Emergencies(BaseModel):
    """The newest first; `waiting` is how many wait for whoever asks."""

    items: list[Emergency]
    waiting: int
    next: str | None = None

    def only_open(self, therapist: UUID) -> Emergency | None:
        """The one that a therapist has open now; None where there are several, of which it could be any."""
        now = datetime.now(UTC)
        found = [one for one in self.items if one.therapist.id == therapist and one.ends_at > now]
        return found[0] if len(found) == 1 else None


class Explained(BaseModel):
    """One with the words, as portal opens them to its client and to whoever treats them."""

    id: UUID
    therapist: Named
    reason: str
    words: str
    starts_at: datetime
    ends_at: datetime
    ended_early: bool = False


class Explanations(BaseModel):
    items: list[Explained]


def open_to(therapist: UUID, opened: Sequence[Explained]) -> Explained | None:
    """What a therapist has opened themselves, and may read now."""
    now = datetime.now(UTC)
    return next((one for one in opened if one.therapist.id == therapist and one.ends_at > now), None)


def lately(opened: Sequence[Explained]) -> list[Explained]:
    """Those that a page of the client still speaks of."""
    return [one for one in opened if one.starts_at > datetime.now(UTC) - LATELY]

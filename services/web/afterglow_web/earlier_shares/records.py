"""What portal answers about what was shared before, as far as the page shows it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.course.records import Named


class Newcomer(Named):
    """Whoever treats the client now, and how much of what was shared with others they do not see."""

    since: datetime
    check_ins: int
    entries: int
    lines: int = 0
    first_day: date | None = None

    @property
    def misses_something(self) -> bool:
        return self.check_ins + self.entries + self.lines > 0


class Share(BaseModel):
    id: UUID
    therapist: Named
    from_date: date
    until_date: date
    chosen_at: datetime
    taken_back_at: datetime | None = None


class EarlierShares(BaseModel):
    """After a dose nothing is shared before `shared_again_at`."""

    therapists: list[Newcomer]
    shares: list[Share]
    shared_again_at: datetime | None = None

    def of(self, therapist: UUID) -> Newcomer | None:
        return next((one for one in self.therapists if one.id == therapist), None)

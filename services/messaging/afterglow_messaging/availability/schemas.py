from datetime import datetime

from pydantic import BaseModel

WEEKS = 8
"""How far back answers are looked at."""


class AnswersOut(BaseModel):
    """Hours within which half of the answers came, and nine in ten, rounded up coarsely; null for more than a week."""

    half_within: int | None
    nine_in_ten_within: int | None
    weeks: int = WEEKS


class AvailabilityOut(BaseModel):
    """`open` is null where the practice has entered no office hours; then `closes_at` and `opens_at` are too.

    `closes_at` is there while it is open. `opens_at` is when it opens next: null for not within a year. `answers` is
    null where too few came to say anything.
    """

    open: bool | None
    closes_at: datetime | None
    opens_at: datetime | None
    answers: AnswersOut | None

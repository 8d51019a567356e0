"""Emergencies, as the accounts API takes and tells them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from afterglow_auth.break_glass.models import Outcome, Reason
from afterglow_auth.named import Named

LONGEST_ADDRESS = 320
LONGEST_REMARK = 1_000
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ADDRESS)]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REMARK)]
WITHOUT_NUL = r"^[^\x00]*$"


class BreakGlassIn(BaseModel):
    """Whose record, by the whole mail address that they sign in with, and why. The words go to portal, sealed."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[Address, Field(pattern=WITHOUT_NUL)]
    reason: Reason


class ReviewIn(BaseModel):
    """What somebody who looked at it found. The remark is about what was done, and holds nothing clinical."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    remark: Annotated[Remark, Field(pattern=WITHOUT_NUL)] | None = None


class ReviewOut(BaseModel):
    by: Named
    at: datetime
    outcome: Outcome
    remark: str | None


class BreakGlassOut(BaseModel):
    """`therapist` opened the record of `client` and could read it until `ends_at`; without a review it waits for one.

    `ended_by` ended it then, before its hour was over. `yours_to_review`: whoever asks may review it, and nobody has;
    `yours_to_end`: it goes on, and whoever asks may end it.
    """

    id: UUID
    client: Named
    therapist: Named
    reason: Reason
    starts_at: datetime
    ends_at: datetime
    ended_by: Named | None
    review_due_at: datetime
    review: ReviewOut | None
    yours_to_review: bool
    yours_to_end: bool


class BreakGlassPage(BaseModel):
    """The newest first; `waiting` is how many wait for the caller's review, on every page."""

    items: list[BreakGlassOut]
    waiting: int
    next: str | None

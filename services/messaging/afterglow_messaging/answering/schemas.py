from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from afterglow_messaging.answering.models import LONGEST_TARGET
from afterglow_messaging.conversations.schemas import PartyOut

LARGEST_NUMBER = 2**63 - 1


class AnswerTargetBody(BaseModel, extra="forbid", frozen=True):
    """`hours` after which an answer is overdue, nights and weekends counted; null for none."""

    hours: Annotated[int, Field(strict=True, ge=1, le=LONGEST_TARGET)] | None


class NoAnswerBody(BaseModel, extra="forbid", frozen=True):
    """The newest message that needs no answer, by its number."""

    sequence: Annotated[int, Field(strict=True, ge=1, le=LARGEST_NUMBER)]


class WaitingOut(BaseModel):
    """A conversation whose last word is the client's.

    `since` is when they wrote the first of the `messages` that nobody has answered, `last_sequence` numbers the newest
    of them; in the conversation of a `care_team` any of its therapists answers. `answer_by` is null where the therapist
    has set no target.
    """

    id: UUID
    client: PartyOut
    care_team: bool
    since: datetime
    messages: int
    last_sequence: int
    answer_by: datetime | None


class WaitingList(BaseModel):
    """Whoever waits longest comes first; all that wait, as many as a caseload can have."""

    items: list[WaitingOut]

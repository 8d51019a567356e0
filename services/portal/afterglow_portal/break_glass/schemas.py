"""The words of an emergency, in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from afterglow_portal.journal.schemas import not_blank, without_nul
from afterglow_portal.people.schemas import Named

LONGEST_WORDS = 1_000
Words = Annotated[
    str, Field(strict=True, max_length=LONGEST_WORDS), AfterValidator(without_nul), AfterValidator(not_blank)
]


class ReasonBody(BaseModel, extra="forbid", frozen=True):
    """Why the record has to be opened now. Its client reads it too."""

    words: Words

    def canonical(self) -> bytes:
        return self.model_dump_json().encode()


class EmergencyOut(BaseModel):
    """Who opened the record, for which reason, and until when they could read: less than an hour if `ended_early`."""

    id: UUID
    therapist: Named
    reason: str
    words: str
    starts_at: datetime
    ends_at: datetime
    ended_early: bool


class Emergencies(BaseModel):
    """The newest first."""

    items: list[EmergencyOut]

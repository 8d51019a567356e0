"""Summaries in and out. Strict, as the course is."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import UUID7, AfterValidator, BaseModel, Field

from afterglow_portal.course.schemas import Version
from afterglow_portal.journal.schemas import not_blank, without_nul
from afterglow_portal.people.schemas import Named

LONGEST_SUMMARY = 10_000
LONGEST_REASON = 1_000
Words = Annotated[
    str, Field(strict=True, max_length=LONGEST_SUMMARY), AfterValidator(without_nul), AfterValidator(not_blank)
]
Reason = Annotated[
    str, Field(strict=True, max_length=LONGEST_REASON), AfterValidator(without_nul), AfterValidator(not_blank)
]


class SummaryContent(BaseModel, frozen=True):
    """What is sealed. `withholding_reason` says why the client does not read it; one that they read has none."""

    text: Words
    withholding_reason: Reason | None = None

    @property
    def withheld(self) -> bool:
        return self.withholding_reason is not None


class SummaryEdit(SummaryContent, extra="forbid", frozen=True):
    """The whole new content, under an id of its own, of the version that it was made from."""

    version_id: UUID7
    base_version: Version

    def canonical(self) -> bytes:
        return self.model_dump_json(exclude_defaults=True, exclude={"version_id", "base_version"}).encode()


class SummaryBody(SummaryContent, extra="forbid", frozen=True):
    """The summary of a session that took place, or goes on."""

    session_id: UUID7

    def canonical(self) -> bytes:
        """The same bytes for the same content, however it was spelled."""
        return self.model_dump_json(exclude_defaults=True).encode()


class SummaryListed(BaseModel):
    """That there is one, without a word of it."""

    id: UUID
    session_id: UUID
    withheld: bool
    version: int
    made_at: datetime
    edited_at: datetime | None


class SummaryOut(SummaryListed):
    """`withholding_reason` is null where the client reads it."""

    text: str
    withholding_reason: str | None
    made_by: Named
    edited_by: Named | None


class SummaryVersion(BaseModel):
    """What a summary said from `made_at` on; `withholding_reason` is null where its client read it."""

    version: int
    made_at: datetime
    made_by: Named
    text: str
    withholding_reason: str | None


class SummaryVersions(BaseModel):
    """Oldest first, the current one last."""

    items: list[SummaryVersion]


class Summaries(BaseModel):
    """Those of a client's sessions, in the order in which they were written."""

    items: list[SummaryListed]

"""What portal answers about summaries, as far as pages show it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.course.records import Named


class Listed(BaseModel):
    id: UUID
    session_id: UUID
    withheld: bool


class Summaries(BaseModel):
    items: list[Listed]

    def of(self, session_id: UUID) -> Listed | None:
        return next((one for one in self.items if one.session_id == session_id), None)


class SummaryVersion(BaseModel):
    """What a summary said from `made_at` on."""

    version: int
    made_at: datetime
    made_by: Named
    text: str
    withholding_reason: str | None


class SummaryVersions(BaseModel):
    """Oldest first, the current one last."""

    items: list[SummaryVersion]


class Summary(Listed):
    """`withholding_reason` says why its client does not read it."""

    text: str
    withholding_reason: str | None
    version: int
    made_at: datetime
    made_by: Named
    edited_at: datetime | None
    edited_by: Named | None

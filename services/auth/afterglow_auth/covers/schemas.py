"""Cover, as the accounts API takes and tells it."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from afterglow_auth.named import Named


class CoverIn(BaseModel):
    """`covering_id` stands in for `therapist_id`: for one client, or for everybody in their care.

    Without `starts_at` from now on.
    """

    model_config = ConfigDict(extra="forbid")

    therapist_id: UUID
    covering_id: UUID
    client_id: UUID | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime


class CoverOut(BaseModel):
    """`ended_at` says that it was ended before its time; `clients` how many it is for."""

    id: UUID
    therapist: Named
    covering: Named
    client: Named | None
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    clients: int


class CoverPage(BaseModel):
    items: list[CoverOut]
    next: str | None

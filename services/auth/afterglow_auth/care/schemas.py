"""Who treats whom, as the accounts API takes and tells it."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from afterglow_auth.named import Named


class CareIn(BaseModel):
    """Let this therapist treat this client: from now on, or between times that are still to come."""

    model_config = ConfigDict(extra="forbid")

    client_id: UUID
    therapist_id: UUID
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class CareOut(BaseModel):
    """Who treats whom; live while `ended_at` is null. `ends_at` is when it ends by itself."""

    id: UUID
    client: Named
    therapist: Named
    started_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None


class CarePage(BaseModel):
    items: list[CareOut]
    next: str | None

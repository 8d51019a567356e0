"""Sessions, as admins see them: when, never where from."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class SessionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    auth_time: datetime
    last_seen_at: datetime
    expires_at: datetime


class SessionPage(BaseModel):
    items: list[SessionOut]
    next: str | None

"""A link by which somebody chooses a password, as far as an admin may know it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from afterglow_auth.links.columns import LinkState


class LinkOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    person_id: UUID
    state: LinkState
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None

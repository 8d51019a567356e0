"""What the accounts API says."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class PersonOut(BaseModel):
    """A person as admins see them."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    email: str
    role: str
    disabled_at: datetime | None
    last_sign_in_at: datetime | None
    created_at: datetime


class PeoplePage(BaseModel):
    items: list[PersonOut]
    next: str | None


class AccountOut(BaseModel):
    """A person as they see themselves."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    email: str
    role: str
    locale: str
    time_zone: str
    last_sign_in_at: datetime | None
    created_at: datetime

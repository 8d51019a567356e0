"""What the accounts API says about people."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from afterglow_auth.accounts.models import PersonState
from afterglow_auth.care.schemas import CareOut
from afterglow_auth.factor_resets.schemas import FactorResetOut
from afterglow_auth.links.schemas import LinkOut


class PersonRole(StrEnum):
    admin = "admin"
    client = "client"
    therapist = "therapist"


class PersonOut(BaseModel):
    """A person as admins see them."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    email: str
    role: PersonRole
    state: PersonState
    created_at: datetime
    joined_at: datetime | None
    disabled_at: datetime | None
    last_sign_in_at: datetime | None


class PeoplePage(BaseModel):
    items: list[PersonOut]
    next: str | None


class PersonDetail(PersonOut):
    """One person with their live care, how many live sessions they have, and the newest invitation and resets.

    `open_proposal` is the id of a proposal about this person that waits for a second person.
    """

    locale: str
    time_zone: str
    care: list[CareOut]
    sessions: int
    invitation: LinkOut | None
    reset: LinkOut | None
    exports_held: bool
    factor_reset: FactorResetOut | None
    open_proposal: UUID | None


class AccountOut(BaseModel):
    """A person as they see themselves."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    email: str
    role: PersonRole
    locale: str
    time_zone: str
    last_sign_in_at: datetime | None
    created_at: datetime

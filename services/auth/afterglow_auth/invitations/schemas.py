"""Invitations, as the accounts API takes and tells them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from afterglow_auth.accounts.mail_addresses import check_readable
from afterglow_auth.accounts.names import Name
from afterglow_auth.accounts.schemas import PersonRole
from afterglow_auth.accounts.service import ADDRESS, LOCALE, LONGEST_LOCALE, check_time_zone
from afterglow_auth.links.columns import LinkState


class InvitationIn(BaseModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Annotated[str, Field(pattern=ADDRESS, max_length=320), AfterValidator(check_readable)]
    name: Name
    role: PersonRole
    time_zone: str = "UTC"
    locale: str = Field(default="en", pattern=LOCALE, max_length=LONGEST_LOCALE)

    @field_validator("time_zone")
    @classmethod
    def known_time_zone(cls, value: str) -> str:
        return check_time_zone(value)


class InvitationOut(BaseModel):
    """An invitation with whom it is for. The link itself is known only to the mail."""

    id: UUID
    person_id: UUID
    email: str
    name: str
    role: PersonRole
    state: LinkState
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None


class InvitationPage(BaseModel):
    items: list[InvitationOut]
    next: str | None

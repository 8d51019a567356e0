"""A change of role, as the accounts API takes it."""

from pydantic import BaseModel, ConfigDict

from afterglow_auth.accounts.schemas import PersonRole


class RoleIn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    role: PersonRole

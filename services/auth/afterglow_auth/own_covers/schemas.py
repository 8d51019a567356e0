"""One's own cover, as the accounts API takes and tells it."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from afterglow_auth.named import Named


class OwnCoverIn(BaseModel):
    """`covering_id` stands in for whoever asks: for one client, or for everybody in their care.

    Without `starts_at` from now on.
    """

    model_config = ConfigDict(extra="forbid")

    covering_id: UUID
    client_id: UUID | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime


class Colleagues(BaseModel):
    """Who could stand in, by name."""

    items: list[Named]

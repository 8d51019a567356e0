"""Factor resets, as the accounts API tells them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from afterglow_auth.factor_resets.models import FactorResetState


class FactorResetOut(BaseModel):
    """`due_at` is until when they surely can object; `objected_at` says that they did, and nothing was taken away."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    person_id: UUID
    state: FactorResetState
    created_at: datetime
    due_at: datetime
    objected_at: datetime | None
    withdrawn_at: datetime | None
    carried_out_at: datetime | None

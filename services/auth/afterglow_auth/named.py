"""Somebody, as far as another record mentions them."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Named(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str

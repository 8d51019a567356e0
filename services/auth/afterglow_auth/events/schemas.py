"""What other services may know about people."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class PersonFact(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    role: str
    locale: str
    time_zone: str
    disabled_at: datetime | None


class CareFact(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    client_id: UUID
    therapist_id: UUID
    kind: str
    started_at: datetime
    ended_at: datetime | None


class Snapshot(BaseModel):
    """Everything at one moment: all people and care relationships, the ended ones too."""

    people: list[PersonFact]
    care_relationships: list[CareFact]
    taken_at: datetime

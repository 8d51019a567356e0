"""Facts about people as auth tells them; what auth adds later is left aside."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel


class PersonFact(BaseModel):
    id: UUID
    name: str
    role: Literal["admin", "client", "therapist"]
    locale: str
    time_zone: str
    disabled_at: AwareDatetime | None


class CareRelationshipFact(BaseModel):
    id: UUID
    client_id: UUID
    therapist_id: UUID
    kind: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None


class Snapshot(BaseModel):
    """Everything auth knows at `taken_at`."""

    people: list[PersonFact]
    care_relationships: list[CareRelationshipFact]
    taken_at: AwareDatetime

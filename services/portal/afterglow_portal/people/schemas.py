"""How people are named to others, and what a therapist reads about a client in care."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Named(BaseModel):
    id: UUID
    name: str


class ClientOut(BaseModel):
    """`since` is when the present care began."""

    id: UUID
    name: str
    time_zone: str
    since: datetime

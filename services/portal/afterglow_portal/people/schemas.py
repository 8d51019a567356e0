"""How people are named to others, and what a therapist reads about a client in care."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Named(BaseModel):
    id: UUID
    name: str


class ClientOut(BaseModel):
    """`since` is when the present care began.

    Their reading ends at `reading_ends_at` where care has ended or they stand in; at `open_until` in an emergency.
    """

    id: UUID
    name: str
    time_zone: str
    since: datetime
    reading_ends_at: datetime | None
    open_until: datetime | None

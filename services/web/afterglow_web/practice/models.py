"""web's copy of the practice's settings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from afterglow_web.base import Base


class PracticeCopy(Base, table=True):
    """As auth last told them; `as_of` orders what arrives out of order. No row until an admin has saved any."""

    __tablename__ = "practice"

    id: UUID = Field(primary_key=True)
    version: int
    document: dict[str, Any] = Field(sa_type=JSONB)
    as_of: datetime = Field(sa_type=DateTime(timezone=True))

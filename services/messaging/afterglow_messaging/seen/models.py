from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field

from afterglow_messaging.base import Base


class SeenChoice(Base, table=True):
    """Whether others learn what this person has read; without one they do not.

    `chosen_at` is when it was chosen last: what was read before that stays untold.
    """

    __tablename__ = "seen_choices"

    person_id: UUID = Field(primary_key=True)
    tells: bool
    chosen_at: datetime = Field(sa_type=DateTime(timezone=True))

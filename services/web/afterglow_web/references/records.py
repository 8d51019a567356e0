"""What portal is asked, and what it answers."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

Kind = Literal["check_in", "journal_entry", "session"]


class Reference(BaseModel, frozen=True):
    kind: Kind
    id: UUID


class Opening(Reference, frozen=True):
    """One that its reader may open now, and of which day it is."""

    day: date


class Openings(BaseModel):
    items: list[Opening]

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

MOST = 100
Kind = Literal["check_in", "journal_entry", "session"]


class Reference(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    id: UUID


class ReferencesIn(BaseModel):
    """Things of one client's record, in any order; the same one may be named twice."""

    model_config = ConfigDict(extra="forbid")

    client: UUID
    references: Annotated[list[Reference], Field(max_length=MOST)]


class Opening(BaseModel):
    """One that may be opened now: what it is and of which day, on the client's clock. Nothing of what it says."""

    kind: Kind
    id: UUID
    day: date


class References(BaseModel):
    """What is not among `items` cannot be opened by the caller, or is not there: the answer does not tell which."""

    items: list[Opening]

"""Imports, as the accounts API takes and tells them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from afterglow_auth.accounts.service import LOCALE, LONGEST_LOCALE, check_time_zone
from afterglow_auth.imports.models import ImportState

LONGEST_CSV = 400_000
MOST_ROWS = 2_000


class ImportIn(BaseModel):
    """A file's text. Time zone and locale are for rows that have none of their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    csv: str = Field(max_length=LONGEST_CSV)
    time_zone: str = "UTC"
    locale: str = Field(default="en", pattern=LOCALE, max_length=LONGEST_LOCALE)

    @field_validator("time_zone")
    @classmethod
    def known_time_zone(cls, value: str) -> str:
        return check_time_zone(value)


class RowFault(BaseModel):
    """What is wrong where: `row` as a spreadsheet counts it, the header being row 1; `column` null for a whole row.

    `detail` is what the words need besides: another row, the name of a column, a domain in ASCII.
    """

    row: int
    column: str | None
    code: str
    message: str
    detail: str | None = None


class ImportRow(BaseModel):
    """One client who would be invited; `therapist_id` who would treat them from the beginning."""

    row: int
    name: str
    email: str
    time_zone: str
    locale: str
    therapist_id: UUID | None = None
    therapist: str | None = None


class ProgressOut(BaseModel):
    """How far it is: `made` of `total`, which count only once it is `carried_out`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: ImportState
    total: int
    made: int


class ImportOut(ProgressOut):
    """An import with its first rows, or its first faults where it has any: then it cannot be carried out."""

    created_at: datetime
    rows: list[ImportRow]
    faults: list[RowFault]
    fault_count: int

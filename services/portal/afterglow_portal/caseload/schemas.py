"""A caseload as its therapist sees it: from shared entries only."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel


class CaseloadClient(BaseModel):
    id: UUID
    name: str


class LatestCheckIn(BaseModel):
    mood: float | None
    energy: float | None
    anxiety: float | None
    felt_at: datetime
    local_date: date


class SparklineDay(BaseModel):
    """A day's mean mood; null on a gap."""

    date: date
    mood: float | None


class CaseloadRow(BaseModel):
    """One client. `reading_ends_at` is set once care has ended and the record closes at that time."""

    client: CaseloadClient
    latest: LatestCheckIn | None
    sparkline: list[SparklineDay]
    check_ins_30_days: int
    since: datetime
    reading_ends_at: datetime | None


class Caseload(BaseModel):
    """By name; `next` goes into `after`, null at the end."""

    items: list[CaseloadRow]
    next: UUID | None

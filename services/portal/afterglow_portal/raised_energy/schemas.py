"""Days of raised energy as a therapist reads them: from shared entries only."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel


class RaisedDay(BaseModel):
    """A local day of the client's: means of what was shared of it, and the check-ins that they are from."""

    date: date
    energy: float
    sleep_hours: float
    check_ins: list[UUID]

"""When something of the demonstration happens, said by today or by a dose."""

from datetime import UTC, datetime, time, timedelta

from pydantic import BaseModel

from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.people import DemoPerson


class Occasion(BaseModel, frozen=True):
    """`days_ago`, or `days` after the dose of that number (1 is the first), `at` an hour of the client's clock."""

    days_ago: int | None = None
    dose: int | None = None
    days: int = 0
    at: time

    def begins_at(self, client: DemoPerson, now: datetime) -> datetime:
        """The instant, in UTC."""
        if self.dose is None:
            day = client.today(now) - timedelta(days=self.days_ago or 0)
        else:
            dose = doses_of(client, now)[self.dose - 1]
            day = client.today(dose) + timedelta(days=self.days)
        return datetime.combine(day, self.at, client.zone).astimezone(UTC)

"""When each client was given a dose: an induction twice a week, then boosters; some are in the middle of one."""

from datetime import UTC, date, datetime, timedelta
from itertools import cycle

from afterglow_operator.demonstration.chance import chance
from afterglow_operator.demonstration.people import DemoPerson
from afterglow_operator.demonstration.temperaments import TEMPERAMENTS

INDUCTION_DAYS_AGO = 95
BOOSTER_DAYS_AFTER_FIRST = (45, 73)
LATEST_MINUTE = 40


def doses_of(client: DemoPerson, now: datetime) -> tuple[datetime, ...]:
    """The instants (UTC) of a client's doses, oldest first; all of them lie before `now`."""
    temperament = TEMPERAMENTS[client.name]
    today = client.today(now)
    days = [on_a_workday(today - timedelta(days=ago)) for ago in temperament.dosed_days_ago] or dose_days(
        today, temperament.weekdays, temperament.doses, temperament.boosters
    )
    source = chance("doses", client.name)
    minutes = [source.randrange(0, LATEST_MINUTE, 5) for _ in days]
    local = [
        datetime(day.year, day.month, day.day, temperament.dose_hour, minute, tzinfo=client.zone)
        for day, minute in zip(days, minutes, strict=True)
    ]
    return tuple(moment.astimezone(UTC) for moment in local)


def dose_days(today: date, weekdays: tuple[int, int], doses: int, boosters: int) -> list[date]:
    """Local dates, starting with the first of `weekdays` (Monday is 0) on or after the induction's start."""
    start = today - timedelta(days=INDUCTION_DAYS_AGO)
    first = start + timedelta(days=(weekdays[0] - start.weekday()) % 7)
    days: list[date] = []
    day = first
    for step in cycle((weekdays[1] - weekdays[0], 7 - weekdays[1] + weekdays[0])):
        if len(days) == doses:
            break
        days.append(day)
        day += timedelta(days=step)
    return days + [on_a_workday(first + timedelta(days=after)) for after in BOOSTER_DAYS_AFTER_FIRST[:boosters]]


def on_a_workday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))

"""Days that an admin types, as the instants that auth takes: by the admin's own clock, each day whole."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from afterglow_design.languages import _


class WrongDayError(ValueError):
    """A day that is none, is over, or comes before the one it should follow. Its text says what to write."""


def first_instant(typed: str, zone: str) -> datetime | None:
    """When that day begins; None for today, which has begun already, and for nothing typed. Raises WrongDayError."""
    found, today = known_day(typed), datetime.now(ZoneInfo(zone)).date()
    if found is None or found == today:
        return None
    if found < today:
        raise WrongDayError(_("This day is over. Choose today or a later one."))
    return begins(found, zone)


def last_instant(typed: str, zone: str, *, after: datetime | None) -> datetime | None:
    """When that day is over; None for nothing typed. Raises WrongDayError."""
    found = known_day(typed)
    if found is None:
        return None
    over = begins(found + timedelta(days=1), zone)
    if over <= (after or datetime.now(UTC)):
        raise WrongDayError(_("This day comes too early. Choose a later one."))
    return over


def begins(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def known_day(typed: str) -> date | None:
    if not typed.strip():
        return None
    try:
        found = date.fromisoformat(typed.strip())
    except ValueError as error:
        raise WrongDayError(_("Write a day such as 2026-03-29.")) from error
    if not 2000 < found.year < 2200:  # noqa: PLR2004  # what anybody can mean
        raise WrongDayError(_("Write a day such as 2026-03-29."))
    return found

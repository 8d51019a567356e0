"""Dates and numbers as pages write them: in the person's own zone and language, without leading zeros."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from afterglow_design.languages import _, locale

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def day(value: date) -> str:
    """Write a day as `12 March`."""
    return written(value, _("d MMMM"))


def long_day(value: date) -> str:
    """Write a day as `Tuesday, 12 March`."""
    return written(value, _("EEEE, d MMMM"))


def short_day(value: date) -> str:
    """Write a day as `Tue 12 Mar`."""
    return written(value, _("EEE d MMM"))


def full_day(value: date) -> str:
    """Write a day as `12 March 2026`."""
    return written(value, _("d MMMM y"))


def long_full_day(value: date) -> str:
    """Write a day as `Tuesday, 12 March 2026`."""
    return written(value, _("EEEE, d MMMM y"))


def brief_day(value: date) -> str:
    """Write a day as `12 Mar`, for an axis: five of them fit under a curve on a phone."""
    return written(value, _("d MMM"))


def brief_month(value: date) -> str:
    """Write a month as `Mar 2026`, for an axis of years."""
    return written(value, _("MMM y"))


def written(value: date, pattern: str) -> str:
    """A day in the current language by a pattern of CLDR's (Unicode TR 35): the order of the parts is its own."""
    return format_date(value, pattern, locale=locale())


def clock(value: datetime, zone: str = "UTC") -> str:
    """Write an instant as `21:10` on the clock of an IANA zone."""
    return f"{value.astimezone(ZoneInfo(zone)):%H:%M}"


def moment(value: datetime, zone: str = "UTC") -> str:
    """Write an instant as `Tue 12 Mar, 21:10` in an IANA zone."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{short_day(local)}, {local:%H:%M}"


def long_moment(value: datetime, zone: str = "UTC") -> str:
    """Write an instant as `Tuesday, 12 March, 21:10` in an IANA zone."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{long_day(local)}, {local:%H:%M}"


def signed(value: float | None) -> str:
    """Write a number with its sign, as `+3` or `0`, with a real minus; None as a dash."""
    if value is None:
        return DASH
    size = abs(round(value, 1))
    sign = "" if size == 0 else "+" if value > 0 else MINUS
    return sign + format_decimal(size, "0.#", locale=locale())


def number(value: float | None) -> str:
    """Write a number without a plus sign; None as a dash."""
    return signed(value).removeprefix("+")


def measured(value: float) -> str:
    """Write what was measured, as `0.63`: two decimals where it has them."""
    return format_decimal(round(value, 2), "0.##", locale=locale())


FILTERS: dict[str, Callable[..., str]] = {
    "brief_day": brief_day,
    "clock": clock,
    "day": day,
    "full_day": full_day,
    "long_day": long_day,
    "long_full_day": long_full_day,
    "long_moment": long_moment,
    "measured": measured,
    "moment": moment,
    "number": number,
    "short_day": short_day,
    "signed": signed,
}

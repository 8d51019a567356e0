"""Dates and numbers as pages write them: in the person's own zone and language, without leading zeros."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from afterglow_design.languages import _, locale

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
KEPT = 4_096
A_MONDAY = date(2024, 1, 1)


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


def weekday(number: int) -> str:
    """Name a day of the week by itself, from 0 for `Monday`."""
    name = written(A_MONDAY + timedelta(days=number), "cccc")
    return name[:1].upper() + name[1:]


def written(value: date, pattern: str) -> str:
    """A day in the current language by a pattern of CLDR's (Unicode TR 35): the order of the parts is its own."""
    return date_in(locale(), value.date() if isinstance(value, datetime) else value, pattern)


@lru_cache(maxsize=KEPT)
def date_in(language: str, value: date, pattern: str) -> str:
    """Kept: a list of five hundred people says the same few dozen days and numbers again and again."""
    return format_date(value, pattern, locale=language)


@lru_cache(maxsize=KEPT)
def number_in(language: str, value: float, pattern: str) -> str:
    return format_decimal(value, pattern, locale=language)


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
    return sign + number_in(locale(), size, "0.#")


def number(value: float | None) -> str:
    """Write a number without a plus sign; None as a dash."""
    return signed(value).removeprefix("+")


def measured(value: float) -> str:
    """Write what was measured, as `0.63`: two decimals where it has them."""
    return number_in(locale(), round(value, 2), "0.##")


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

"""Dates and numbers as pages write them: in the person's own zone, without leading zeros."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def day(value: date) -> str:
    """Write a day as `12 March`."""
    return f"{value.day} {value:%B}"


def long_day(value: date) -> str:
    """Write a day as `Tuesday, 12 March`."""
    return f"{value:%A}, {day(value)}"


def short_day(value: date) -> str:
    """Write a day as `Tue 12 Mar`."""
    return f"{value:%a} {value.day} {value:%b}"


def full_day(value: date) -> str:
    """Write a day as `12 March 2026`."""
    return f"{day(value)} {value.year}"


def clock(value: datetime, zone: str = "UTC") -> str:
    """Write an instant as `21:10` on the clock of an IANA zone."""
    return f"{value.astimezone(ZoneInfo(zone)):%H:%M}"


def moment(value: datetime, zone: str = "UTC") -> str:
    """Write an instant as `Tue 12 Mar, 21:10` in an IANA zone."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{short_day(local)}, {local:%H:%M}"


def signed(value: float | None) -> str:
    """Write a number with its sign, as `+3` or `0`, with a real minus; None as a dash."""
    if value is None:
        return DASH
    text = f"{abs(round(value, 1)):g}"
    sign = "" if text == "0" else "+" if value > 0 else MINUS
    return sign + text


def number(value: float | None) -> str:
    """Write a number without a plus sign; None as a dash."""
    return signed(value).removeprefix("+")


FILTERS: dict[str, Callable[..., str]] = {
    "clock": clock,
    "day": day,
    "full_day": full_day,
    "long_day": long_day,
    "moment": moment,
    "number": number,
    "short_day": short_day,
    "signed": signed,
}

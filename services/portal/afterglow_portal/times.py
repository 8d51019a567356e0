"""Instants and zones as they come in: RFC 3339 with an offset, and IANA names."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")
NOT_A_PLACE = {"Factory", "localtime"}
LONGEST_ZONE_NAME = 64
WIDEST_OFFSET = timedelta(days=2)  # a local date's instants lie within a day of its UTC date, on either side


def written_as_rfc3339(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and RFC_3339.fullmatch(value)):
        return value
    raise ValueError("must be a time like 2026-05-04T09:30:00Z, with an offset")


def in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones() - NOT_A_PLACE)


def known_zone(name: str) -> str:
    if name not in known_zones():
        raise ValueError("must be an IANA time zone like Europe/London")
    return name


Instant = Annotated[AwareDatetime, BeforeValidator(written_as_rfc3339), AfterValidator(in_utc)]
TimeZone = Annotated[
    str,
    Field(strict=True, max_length=LONGEST_ZONE_NAME, json_schema_extra={"format": "iana-time-zone"}),
    AfterValidator(known_zone),
]


def local_date(instant: datetime, time_zone: str) -> date:
    """The date a calendar on the wall showed there and then."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def earliest_of(day: date) -> datetime:
    """Before any instant of that local date, whatever the zone: where a walk of an index by time may begin."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - WIDEST_OFFSET

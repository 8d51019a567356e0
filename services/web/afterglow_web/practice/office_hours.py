"""Office hours as one line of a form for each weekday: what was typed is read here, and judged by auth."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from afterglow_design.dates import full_day, weekday
from afterglow_design.languages import _, lazy
from afterglow_design.office_hours import MIDNIGHT, MOST_CLOSURES, WEEKDAYS, Closure, OfficeHours, Span, Weekday
from afterglow_design.practice import Practice
from afterglow_foundation.errors import FieldError

from afterglow_web.practice.fields import Field

Values = Mapping[str, str]
LONGEST_DAY = 120
DASH = "\N{EN DASH}"
CLOCK = r"(\d{1,2})(?:[:.h](\d{2})?)?\s*([ap])?\.?(?:m\.?)?"
SPAN = re.compile(rf"{CLOCK}\s*(?:[-{DASH}\N{{EM DASH}}]|to|a)\s*{CLOCK}", re.IGNORECASE)
BETWEEN_SPANS = re.compile(r"[,;]")
CLOSURE = re.compile(rf"(\d{{4}}-\d\d-\d\d)(?:\s*(?:[-{DASH}\N{{EM DASH}}]|to|a)\s*(\d{{4}}-\d\d-\d\d))?")
NOON = 12

TIME_ZONE = Field(
    "time_zone",
    lazy("The practice's time zone"),
    lazy("Write a time zone such as Europe/London or America/New_York"),
    hint=lazy("Such as America/New_York. The hours below are by the clock there."),
    longest=60,
)
CLOSED_DAYS = Field(
    "closed_days",
    lazy("Days on which it is closed (if you like)"),
    lazy("Write one day in a line, such as 2026-12-25 or 2026-12-24 to 2027-01-01, and at most 60 of them"),
    kind="text",
    hint=lazy(
        "Holidays and other days off, one in a line: 2026-12-25, or from one day to another: 2026-12-24 to 2027-01-01."
    ),
    rows=5,
    longest=MOST_CLOSURES * 30,
)


def day_field(day: Weekday) -> Field:
    name = weekday(WEEKDAYS.index(day))
    first = lazy("Such as 9:00-12:30, 14:00-17:00. Leave a day empty on which the practice is closed.")
    wrong = _("Write the hours of %(day)s from earlier to later, such as 9:00-12:30, 14:00-17:00", day=name)
    return Field(f"open_{day}", name, wrong, hint=first if day == WEEKDAYS[0] else "", longest=LONGEST_DAY)


def shown(_practice: Practice, _values: Values) -> list[Field]:
    return [TIME_ZONE, *map(day_field, WEEKDAYS), CLOSED_DAYS]


def filled(practice: Practice) -> dict[str, str]:
    hours = practice.office_hours
    if hours is None:
        return {}
    days = {f"open_{day}": written(hours.week.get(day, ())) for day in WEEKDAYS}
    return {"time_zone": hours.time_zone, **days, "closed_days": "\n".join(map(closure_line, hours.closed))}


def change(_practice: Practice, values: Values) -> dict[str, Any]:
    """None where no hours are typed at all: then the practice has none that a clock can be compared with."""
    week = {day: spans for day in WEEKDAYS if (spans := [*spans_of(values.get(f"open_{day}", ""))])}
    closed = [closure_of(line.strip()) for line in values.get("closed_days", "").splitlines() if line.strip()]
    if not week and not closed:
        return {"office_hours": None}
    return {"office_hours": {"time_zone": values.get("time_zone", "").strip(), "week": week, "closed": closed}}


def field_of(error: FieldError) -> str:
    """The form's field that auth's error about the office hours is about."""
    match error.field.split(".")[1:]:
        case ["week", day, *_] if day in WEEKDAYS:
            return f"open_{day}"
        case ["closed", *_]:
            return CLOSED_DAYS.name
        case ["week", *_]:
            return f"open_{WEEKDAYS[0]}"
    return TIME_ZONE.name


def spans_of(typed: str) -> Iterator[dict[str, str]]:
    """As auth takes them. What is no hours goes on as it was typed: auth refuses it, and says of which day it is."""
    for part in filter(None, map(str.strip, BETWEEN_SPANS.split(typed))):
        found = SPAN.fullmatch(part)
        opens, closes = (clock(*found.group(1, 2, 3)), clock(*found.group(4, 5, 6))) if found else (part, part)
        yield {"opens": opens, "closes": MIDNIGHT if closes == "00:00" else closes}


def clock(hour: str, minute: str | None, half: str | None) -> str:
    """`9`, `9.30`, `9 am` or `17h30` as auth writes a time of day; 13 pm stays what it is: no time."""
    number = int(hour)
    if half and 1 <= number <= NOON:
        number = number % NOON + (NOON if half in "pP" else 0)
    elif half:
        return f"{hour} {half}m"
    return f"{number:02}:{minute or '00'}"


def closure_of(line: str) -> dict[str, str]:
    found = CLOSURE.fullmatch(line)
    first, last = found.groups() if found else (line, line)
    return {"first": first, "last": last or first}


def written(spans: tuple[Span, ...]) -> str:
    return ", ".join(f"{span.opens}{DASH}{span.closes}" for span in spans)


def closure_line(closure: Closure) -> str:
    days = [closure.first.isoformat(), closure.last.isoformat()]
    return days[0] if closure.first == closure.last else f" {DASH} ".join(days)


def lines_of_week(hours: OfficeHours) -> list[str]:
    """A weekday with its hours, for each on which somebody is there."""
    return [f"{weekday(WEEKDAYS.index(day))} {written(spans)}" for day in WEEKDAYS if (spans := hours.week.get(day))]


def days_off(hours: OfficeHours) -> list[str]:
    return [
        _("%(first)s to %(last)s", first=full_day(one.first), last=full_day(one.last))
        if one.first < one.last
        else full_day(one.first)
        for one in hours.closed
    ]

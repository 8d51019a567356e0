"""When the practice is open, as data: week by week by the clock on its wall, and the days on which it is closed."""

from datetime import date
from functools import cache
from itertools import pairwise
from typing import Annotated, Literal, Self, get_args
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
MIDNIGHT = "24:00"
"""When a span ends that goes on until midnight: the last moment of its own day, not the first."""
MOST_CLOSURES = 60

Opening = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Closing = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    if name not in zones():
        raise ValueError("a time zone such as Europe/London")
    return name


class Span(BaseModel):
    """Hours and minutes of one day, `opens` before `closes`: whoever is open past midnight says so on both days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: Opening
    closes: Closing

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("it closes after it opens, on the same day")
        return self


class Closure(BaseModel):
    """Days on which the practice is closed, the last of them included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: date
    last: date

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("the first day is not after the last")
        return self


def apart(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """In the order of the day. Raises ValueError where one begins before another is over."""
    ordered = tuple(sorted(spans, key=lambda span: span.opens))
    if any(later.opens < earlier.closes for earlier, later in pairwise(ordered)):
        raise ValueError("each begins when the one before is over")
    return ordered


Day = Annotated[tuple[Span, ...], Field(max_length=6), AfterValidator(apart)]


def opening_ever(week: dict[Weekday, Day]) -> dict[Weekday, Day]:
    """Without the days on which nobody is there. Raises ValueError where that is all of them."""
    open_days = {weekday: spans for weekday, spans in week.items() if spans}
    if not open_days:
        raise ValueError("at least one day on which the practice is open")
    return open_days


class OfficeHours(BaseModel):
    """A day that `week` does not name is one on which the practice is closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: Annotated[str, AfterValidator(known_zone)]
    week: Annotated[dict[Weekday, Day], AfterValidator(opening_ever)]
    closed: tuple[Closure, ...] = Field(default=(), max_length=MOST_CLOSURES)

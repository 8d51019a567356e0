"""How far back a client looks at once."""

from enum import StrEnum

from afterglow_design.languages import lazy

from afterglow_web.portal import CURVE_DAYS


class Period(StrEnum):
    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"
    all = "all"


DAYS: dict[Period, int | None] = {
    Period.week: 7,
    Period.month: CURVE_DAYS,
    Period.quarter: 91,
    Period.year: 365,
    Period.all: None,
}
TITLES = {
    Period.week: lazy("The last 7 days"),
    Period.month: lazy("The last 30 days"),
    Period.quarter: lazy("The last three months"),
    Period.year: lazy("The last year"),
    Period.all: lazy("Everything, up to ten years back"),
}
LINKS = {
    Period.week: lazy("Week"),
    Period.month: lazy("Month"),
    Period.quarter: lazy("Three months"),
    Period.year: lazy("Year"),
    Period.all: lazy("All"),
}


def period_of(word: str) -> Period:
    """The period asked for; anything else is the month."""
    return Period(word) if word in set(Period) else Period.month


def links(chosen: Period) -> list[dict[str, object]]:
    return [
        {"href": f"/check-ins?period={period}", "label": label, "chosen": period == chosen}
        for period, label in LINKS.items()
    ]

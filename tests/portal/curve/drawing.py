"""What tests of the dose curve draw: doses and entries by hours, and the figure of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_portal.curve.days import Entry
from afterglow_portal.curve.doses import Given, find_doses
from afterglow_portal.curve.drawing import Figure, draw
from afterglow_portal.curve.items import Better

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
COURSE = UUID(int=1)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def given(hours: float, *, medicine: str = "Ketamine", route: str = "im", course: UUID = COURSE) -> Given:
    return Given(UUID(int=int(hours * 60) + (1 << 40)), course, at(hours), medicine, route, 60)


def entry(hours: float, value: float, *, back_dated: bool = False) -> Entry:
    return Entry(at(hours), value, back_dated)


def daily(first: int, values: Iterable[float], hour: float = 1) -> list[Entry]:
    """One entry a day, from `first` days after the first dose on."""
    return [entry(24 * (first + number) + hour, value) for number, value in enumerate(values)]


def figure(given: Iterable[Given], entries: Iterable[Entry], better: Better | None = Better.up) -> Figure:
    """Of the doses of the first one's kind and course."""
    doses = find_doses(given)
    alike = [dose for dose in doses if (dose.kind, dose.course) == (doses[0].kind, doses[0].course)]
    return draw(doses[0], alike, list(entries), better)

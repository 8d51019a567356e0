"""Dates and numbers as pages write them."""

from datetime import UTC, date, datetime

import pytest
from afterglow_design import dates
from afterglow_design.languages import speaking


def test_days():
    tuesday = date(2026, 3, 3)
    assert dates.day(tuesday) == "3 March"
    assert dates.long_day(tuesday) == "Tuesday, 3 March"
    assert dates.short_day(tuesday) == "Tue 3 Mar"
    assert dates.full_day(tuesday) == "3 March 2026"
    assert (dates.weekday(0), dates.weekday(6)) == ("Monday", "Sunday")


def test_moments_are_on_the_clock_of_the_zone():
    instant = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert dates.clock(instant, "Europe/London") == "00:30"
    assert dates.clock(instant.replace(hour=1), "Europe/London") == "02:30"  # summer time begins at one
    assert dates.moment(instant, "America/New_York") == "Sat 28 Mar, 20:30"


@pytest.mark.parametrize(
    ("value", "signed", "number"),
    [(3, "+3", "3"), (-1.5, "\u22121.5", "\u22121.5"), (0, "0", "0"), (-0.04, "0", "0"), (None, "\u2013", "\u2013")],
)
def test_numbers(value: float | None, signed: str, number: str):
    assert dates.signed(value) == signed
    assert dates.number(value) == number


def test_days_and_numbers_in_spanish():
    instant = datetime(2026, 3, 3, 21, 10, tzinfo=UTC)
    with speaking("es"):
        assert dates.day(instant) == "3 de marzo"
        assert dates.weekday(2) == "Mi\u00e9rcoles"
        assert dates.long_day(instant) == "martes, 3 de marzo"
        assert dates.short_day(instant) == "mar 3 mar"
        assert dates.full_day(instant) == "3 de marzo de 2026"
        assert dates.moment(instant) == "mar 3 mar, 21:10"
        assert dates.signed(-1.5) == "\u22121.5"

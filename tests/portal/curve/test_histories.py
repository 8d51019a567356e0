"""The generated histories hold every case that the dose curve is to be right in, each in many of them."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import groupby, pairwise

import pytest
from afterglow_portal.curve.bins import EDGES
from afterglow_portal.curve.doses import find_doses

from tests.portal.curve.histories import History, histories

NUMBER, AT_LEAST = 1_000, 20
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@cache
def some() -> list[History]:
    return list(histories(0, NUMBER))


def travels(history: History) -> bool:
    return len({zone.key for zone in history.zones}) > 1


def changes_its_clock(history: History) -> bool:
    """Between two days in the same place the client's clock goes forward or back."""
    first = min(one.at for one in history.given) - 9 * DAY
    days = [(first + number * DAY, zone) for number, zone in enumerate(history.zones)]
    return any(
        zone == stays and at.astimezone(zone).utcoffset() != later.astimezone(stays).utcoffset()
        for (at, zone), (later, stays) in pairwise(days)
    )


def has_a_booster_at_30_minutes(history: History) -> bool:
    times = {one.at for one in history.given}
    return any(at + timedelta(minutes=30) in times for at in times)


def has_an_entry_on_an_edge(history: History) -> bool:
    zeros = [dose.at for dose in find_doses(history.given)]
    edges = {zero + hours * HOUR for zero in zeros for hours in EDGES}
    return any(one.at in edges for one in history.entries)


def induction(history: History) -> int:
    """The most doses in a row that are at most a week apart."""
    near = [later.at - earlier.at < 7 * DAY for earlier, later in pairwise(find_doses(history.given))]
    return max((sum(1 for _ in run) + 1 for holds, run in groupby(near) if holds), default=1)


def a_day(history: History) -> float:
    return len(history.entries) / len(history.zones)


def values(history: History) -> Counter[float]:
    return Counter(one.value for one in history.entries)


CASES: dict[str, Callable[[History], bool]] = {
    "travel across zones": travels,
    "daylight saving": changes_its_clock,
    "boosters at 30 minutes": has_a_booster_at_30_minutes,
    "entries exactly on a bin edge": has_an_entry_on_an_edge,
    **{f"an induction of {number}": lambda one, number=number: induction(one) == number for number in range(4, 9)},
    "sparse": lambda one: a_day(one) < 0.5,
    "dense": lambda one: a_day(one) > 2,
    "ties": lambda one: len(one.entries) > 20 and 1 < len(values(one)) < len(one.entries) / 2,
    "all equal": lambda one: len(one.entries) > 9 and len(values(one)) == 1,
}


@pytest.mark.parametrize("case", CASES)
def test_case(case: str):
    assert sum(CASES[case](one) for one in some()) >= AT_LEAST

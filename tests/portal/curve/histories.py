"""Generated histories around doses: how they are given, and how people live, travel and note things in between."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from afterglow_portal.curve.bins import EDGES
from afterglow_portal.curve.days import Entry
from afterglow_portal.curve.doses import Given

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "Asia/Kathmandu", "UTC")
NEAR_A_CHANGE = (datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 3, 8), datetime(2026, 11, 1))  # noqa: DTZ001  # wall times, whose zone is chosen below
FEELINGS = ("noise", "equal", "ties", "lift", "worse", "trend")


@dataclass(frozen=True)
class History:
    """`zones` are those in which the client lived, in the order of their days."""

    given: list[Given]
    entries: list[Entry]
    zones: list[ZoneInfo]


def histories(seed: int, number: int) -> Iterator[History]:
    for one in np.random.default_rng(seed).spawn(number):
        yield history(one)


def history(random: np.random.Generator) -> History:
    given = list(administrations(random))
    noted, zones = entries(random, given)
    return History(given, noted, zones)


def administrations(random: np.random.Generator) -> Iterator[Given]:
    """A single dose, a pair, an induction series of four to eight, or that and what is given later to keep it up."""
    zone = ZoneInfo(str(random.choice(ZONES)))
    day = NEAR_A_CHANGE[random.integers(4)] + timedelta(
        days=int(random.integers(-20, 10)), hours=int(random.integers(8, 18))
    )
    series = int(random.choice([1, 2, *range(4, 9)]))
    later = int(random.choice([0, 0, 0, 1, 3]))
    courses = [UUID(int=1)] * series + [UUID(int=int(random.choice([1, 2])))] * later
    usual = ("Ketamine", str(random.choice(["im", "iv", "sublingual"])))
    for number, course in enumerate(courses):
        medicine, route = usual if random.random() < 0.85 else ("ketamine ", str(random.choice(["im", "oral"])))
        moment = day.replace(tzinfo=zone).astimezone(UTC)
        for minutes in (0, *random.choice([30, 90, 360, 361, 420], size=random.choice([0, 0, 0, 1, 2]), replace=False)):
            yield Given(
                id=UUID(int=int(random.integers(1 << 62))),
                course=course,
                at=moment + timedelta(minutes=int(minutes)),
                medicine=medicine,
                route=route if minutes != 90 else "sublingual",
                dose_mg=float(random.integers(20, 120)),
            )
        apart = random.integers(2, 5) if number < series - 1 else random.choice([7, 14, 21, 30])
        day += timedelta(days=int(apart), hours=int(random.integers(-2, 3)))


def entries(random: np.random.Generator, given: list[Given]) -> tuple[list[Entry], list[ZoneInfo]]:
    """Sparse or dense, by the clock of wherever the client is that day, and some exactly on the edge of a bin."""
    first, last = given[0].at - timedelta(days=9), given[-1].at + timedelta(days=int(random.integers(1, 40)))
    often = random.choice([0.15, 0.6, 1, 3])
    zone = ZoneInfo(str(random.choice(ZONES)))
    moments, zones = [], []
    for number in range((last - first).days):
        if random.random() < 0.1:
            zone = ZoneInfo(str(random.choice(ZONES)))
        zones.append(zone)
        wall = (first + timedelta(days=number)).replace(tzinfo=None, hour=0, minute=0, second=0)
        minutes = random.integers(0, 1440, size=random.poisson(often))
        moments += [(wall + timedelta(minutes=int(minute))).replace(tzinfo=zone).astimezone(UTC) for minute in minutes]
    hours = np.array([-168, -24, -1, *EDGES, 24, 48, 72])
    for one in given:
        for hour in random.choice(hours, size=random.integers(4), replace=False):
            slip = timedelta(microseconds=int(random.choice([0, 0, 0, -1, 1])))
            moments.append(one.at + timedelta(hours=int(hour)) + slip)
    random.shuffle(moments)  # type: ignore[arg-type]  # a list is a sequence that can be changed
    values = felt(random, moments, given)
    late = random.random(len(moments)) < random.choice([0, 0.1, 0.5])
    return [Entry(*one) for one in zip(moments, values, (bool(one) for one in late), strict=True)], zones


def felt(random: np.random.Generator, moments: list[datetime], given: list[Given]) -> list[float]:
    """Between -5 and 5, in steps of a tenth, of a half or of nothing at all."""
    feeling = str(random.choice(FEELINGS))
    since = np.array(
        [min(((at - one.at).total_seconds() for one in given if one.at <= at), default=1e9) for at in moments]
    )
    noise = random.normal(size=len(moments))
    shift = {
        "lift": 3 * np.exp(-since / 86_400 / random.choice([2, 5, 20])),
        "worse": np.where(since < 1e9, -2.5, 0),
        "trend": np.linspace(-2, 2, len(moments)),
    }.get(feeling, np.zeros(len(moments)))
    values = {"equal": noise * 0 + float(random.integers(-5, 6)), "ties": np.round(noise)}.get(feeling, noise + shift)
    steps = random.choice([0.1, 0.5, 1])
    return [float(value) for value in np.clip(np.round(values / steps) * steps, -5, 5)]

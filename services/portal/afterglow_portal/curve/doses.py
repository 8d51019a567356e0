"""Dosing events: what was given within six hours is one dose, and its first administration is hour 0 (DOMAIN §3)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

ONE_EVENT = timedelta(hours=6)
Kind = frozenset[tuple[str, str]]
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Given:
    """One administration: `at` in UTC, `course` the course of its session, dose in mg, weight in kg as recorded."""

    id: UUID
    course: UUID
    at: datetime
    medicine: str
    route: str
    dose_mg: float
    weight_kg: float | None = None


@dataclass(frozen=True, slots=True)
class Dose:
    """One dosing event. `cut` is hour 0 of the next one, whatever that one is of; `before` that of the last one."""

    given: tuple[Given, ...]
    before: datetime | None = None
    cut: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.given[0].at

    @property
    def course(self) -> UUID:
        return self.given[0].course

    @property
    def kind(self) -> Kind:
        """Every medicine and route in it, however the name is capitalised: only doses alike in both are averaged."""
        return frozenset((one.medicine.strip().casefold(), one.route) for one in self.given)


def find_doses(given: Iterable[Given]) -> list[Dose]:
    """The dosing events, oldest first. Six hours count from hour 0, so that a chain of them has an end."""
    events = grouped(sorted(given, key=lambda one: (one.at, one.id)), lambda one: one.at)
    return [
        Dose(tuple(event), before=hour_zero(events, number - 1), cut=hour_zero(events, number + 1))
        for number, event in enumerate(events)
    ]


def hour_zero(events: Sequence[Sequence[Given]], number: int) -> datetime | None:
    return events[number][0].at if 0 <= number < len(events) else None


def grouped(given: Iterable[One], at: Callable[[One], datetime]) -> list[list[One]]:
    """What is in the order of its time, by dosing event."""
    events: list[list[One]] = []
    for one in given:
        if events and at(one) - at(events[-1][0]) <= ONE_EVENT:
            events[-1].append(one)
        else:
            events.append([one])
    return events


def hours_zero(times: Iterable[datetime]) -> list[datetime]:
    """Hour 0 of each dosing event, of times of administrations in their order."""
    return [event[0] for event in grouped(times, lambda at: at)]

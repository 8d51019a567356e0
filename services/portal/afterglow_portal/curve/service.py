"""A client's dose curve, from the rows to the answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from afterglow_foundation.callers import Caller
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.course.content import per_kilogram
from afterglow_portal.course.schemas import Route
from afterglow_portal.curve import averages, baselines, drawing
from afterglow_portal.curve.bins import BINS
from afterglow_portal.curve.choosing import Chosen, choose, courses_of, kinds_of
from afterglow_portal.curve.days import Entry
from afterglow_portal.curve.doses import Dose, Given, find_doses
from afterglow_portal.curve.items import SCALES, Item
from afterglow_portal.curve.reading import find_entries, find_given
from afterglow_portal.curve.schemas import (
    Average,
    Baseline,
    BinAverages,
    BinOfDose,
    CourseChoice,
    DoseCurve,
    DoseOfCurve,
    Figure,
    GivenInDose,
    KindChoice,
    Outcome,
    Part,
    Point,
    SurvivalStep,
)

HOUR = timedelta(hours=1)
Out = TypeVar("Out", bound=BaseModel)


async def dose_curve(
    session: AsyncSession, caller: Caller, client: UUID, item: Item, *, course: UUID | None, like: UUID | None
) -> DoseCurve:
    """Of one item, and of the doses of `course` that are like the one with the administration `like`.

    Raises InvalidInput for a course without a dose, or an administration that is not in it.
    """
    lowest, highest, better = SCALES[item]
    rows = await find_given(session, client)
    doses = find_doses(rows.given)
    found = DoseCurve(
        item=item,
        lowest=lowest,
        highest=highest,
        better=better,
        courses=[course_choice(some) for some in courses_of(doses)],
        complete=rows.complete,
    )
    if not doses and course is None and like is None:
        return found
    chosen = choose(doses, course, like)
    entries, complete = await find_entries(session, caller, client, item, chosen)
    figure = drawing.draw(chosen.course[0], chosen.alike, entries, better)
    found.course, found.like = chosen.course[0].course, like_of(chosen.alike)
    found.figure, found.complete = figure_out(figure, chosen, rows.zones), rows.complete and complete
    return found


def course_choice(doses: Sequence[Dose]) -> CourseChoice:
    return CourseChoice(
        id=doses[0].course,
        first_dose_at=doses[0].at,
        last_dose_at=doses[-1].at,
        kinds=[KindChoice(like=like_of(some), parts=parts_of(some[0]), doses=len(some)) for some in kinds_of(doses)],
    )


def like_of(alike: Sequence[Dose]) -> UUID:
    return alike[0].given[0].id


def parts_of(dose: Dose) -> list[Part]:
    """Each medicine and route once, in the order in which they were given, as they were first written."""
    found = {(one.medicine.strip().casefold(), one.route): one for one in reversed(dose.given)}
    return [read(Part, one) for one in reversed(found.values())]


def figure_out(figure: drawing.Figure, chosen: Chosen, zones: Mapping[UUID, str]) -> Figure:
    first = chosen.course[0]
    numbers = {dose.at: number for number, dose in enumerate(chosen.course, start=1)}
    columns = zip(BINS, figure.averages, figure.own_lifts, strict=True)
    return Figure(
        baseline=baseline_out(figure.baseline),
        before=[point(entry, first.at) for entry in figure.before],
        dose_in_baseline=first.before is not None and first.at - first.before <= baselines.BEFORE,
        bins=[
            BinAverages(first_hour=begin, last_hour=end, value=average_out(value), own_lift=average_out(lift))
            for (begin, end), value, lift in columns
        ],
        doses=[dose_out(one, numbers[one.dose.at], zones) for one in figure.doses],
        survival=None if figure.survival is None else [read(SurvivalStep, step) for step in figure.survival],
    )


def dose_out(one: drawing.DoseFigure, number: int, zones: Mapping[UUID, str]) -> DoseOfCurve:
    dose = one.dose
    return DoseOfCurve(
        number=number,
        at=dose.at,
        time_zone=zones[dose.given[0].id],
        given=[given_out(each, dose.at) for each in dose.given],
        cut_hours=(dose.cut - dose.at) / HOUR if dose.cut else None,
        stands_alone=baselines.stands_alone(dose),
        baseline=baseline_out(one.baseline),
        before=[point(entry, dose.at) for entry in one.before],
        bins=[read(BinOfDose, each) for each in one.bins],
        outcome=read(Outcome, one.outcome) if one.outcome else None,
        points=[point(entry, dose.at) for entry in one.entries],
    )


def given_out(one: Given, zero: datetime) -> GivenInDose:
    return GivenInDose(
        id=one.id,
        medicine=one.medicine,
        route=Route(one.route),
        dose_mg=one.dose_mg,
        minutes=(one.at - zero) // timedelta(minutes=1),
        mg_per_kg=per_kilogram(one.dose_mg, one.weight_kg),
    )


def baseline_out(baseline: baselines.Baseline | None) -> Baseline | None:
    return read(Baseline, baseline) if baseline else None


def average_out(one: averages.Average | None) -> Average | None:
    if one is None:
        return None
    low, high = one.interval or (None, None)
    return Average(doses=one.doses, mean=one.mean, low=low, high=high)


def read(shape: type[Out], one: object) -> Out:
    """A dataclass with the fields of `shape`: `asdict` would copy each of hundreds first."""
    return shape.model_validate(one, from_attributes=True)


def point(entry: Entry, zero: datetime) -> Point:
    return Point(hours=(entry.at - zero) / HOUR, value=entry.value, back_dated=entry.back_dated)

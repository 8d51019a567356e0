"""What portal answers of the dose curve, as far as pages show it. Values are in the item's units."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.course.records import Given, Route


class Answer(StrEnum):
    no_clear_lift = "no_clear_lift"
    not_yet = "not_yet"
    returned = "returned"
    worse = "worse_than_before"


class Part(BaseModel):
    medicine: str
    route: Route


class KindChoice(BaseModel):
    like: UUID
    parts: list[Part]
    doses: int


class CourseChoice(BaseModel):
    id: UUID
    first_dose_at: datetime
    last_dose_at: datetime
    kinds: list[KindChoice]


class Baseline(BaseModel):
    """Of so many day means."""

    days: int
    mean: float
    lowest: float
    highest: float


class Average(BaseModel):
    doses: int
    mean: float
    low: float | None
    high: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        return None if self.low is None or self.high is None else (self.low, self.high)


class BinAverages(BaseModel):
    """From `first_hour` on, up to `last_hour`."""

    first_hour: int
    last_hour: int
    value: Average | None
    own_lift: Average | None


class BinOfDose(BaseModel):
    reach: Literal["reached", "empty", "over"]
    value: float | None
    entries: int
    cut: bool


class Point(BaseModel):
    hours: float
    value: float
    back_dated: bool


class GivenInDose(Given):
    """So many minutes after hour 0."""

    minutes: int


class Outcome(BaseModel):
    answer: Answer
    day: int | None


class Dose(BaseModel):
    """One dose, the `number`th of its course; `cut_hours` is when the next one came.

    Only where it `stands_alone` has it a week before of its own: at least 14 days after the last one.
    """

    number: int
    at: datetime
    time_zone: str
    given: list[GivenInDose]
    cut_hours: float | None
    stands_alone: bool
    baseline: Baseline | None
    before: list[Point]
    bins: list[BinOfDose]
    outcome: Outcome | None
    points: list[Point]


class SurvivalStep(BaseModel):
    day: int
    observed: int
    returned: int
    lifted: float


class Figure(BaseModel):
    baseline: Baseline | None
    before: list[Point]
    dose_in_baseline: bool
    bins: list[BinAverages]
    doses: list[Dose]
    survival: list[SurvivalStep] | None

    @property
    def own_weeks(self) -> int:
        """How many doses have a week before of their own."""
        return sum(dose.baseline is not None for dose in self.doses)

    def of_dose(self, number: int | None) -> "Figure | None":
        """One dose of it by itself: its entries against its own week before, and no mean of several."""
        dose = next((one for one in self.doses if one.number == number), None)
        if dose is None:
            return None
        bins = [
            BinAverages(
                first_hour=each.first_hour,
                last_hour=each.last_hour,
                value=None if one.value is None else Average(doses=1, mean=one.value, low=None, high=None),
                own_lift=None,
            )
            for each, one in zip(self.bins, dose.bins, strict=True)
        ]
        return Figure(
            baseline=dose.baseline, before=dose.before, dose_in_baseline=False, bins=bins, doses=[dose], survival=None
        )

    @property
    def single(self) -> Dose | None:
        """The dose, where there is one only: its entries are drawn, and no mean."""
        return self.doses[0] if len(self.doses) == 1 else None

    @property
    def asked(self) -> bool:
        """A return could be asked about."""
        return any(dose.outcome for dose in self.doses)

    @property
    def noted_before(self) -> bool:
        return any(not point.back_dated for point in self.before)

    def entries(self, one: BinAverages) -> int:
        """How many entries a stretch has, over all doses."""
        return sum(dose.bins[self.bins.index(one)].entries for dose in self.doses)

    def gap(self, one: BinAverages) -> Literal["empty", "over"]:
        """Why nothing is in a stretch: `over` where for every dose the next one came before."""
        reached = {dose.bins[self.bins.index(one)].reach for dose in self.doses}
        return "over" if reached == {"over"} else "empty"


class DoseCurve(BaseModel):
    """`figure` is None where no dose was given; `like` names the doses it is of."""

    item: str
    lowest: float
    highest: float
    better: Literal["down", "up"] | None
    courses: list[CourseChoice]
    like: UUID | None
    figure: Figure | None
    complete: bool

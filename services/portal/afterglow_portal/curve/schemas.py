"""The dose curve as a therapist reads it. Values are in the item's units, `hours` count from hour 0 of a dose."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel

from afterglow_portal.course.schemas import Route
from afterglow_portal.curve.bins import Reach
from afterglow_portal.curve.items import Better, Item
from afterglow_portal.curve.returning import Answer

DECIMALS = 4
Number = Annotated[float, AfterValidator(lambda value: round(value, DECIMALS))]


class Part(BaseModel):
    medicine: str
    route: Route


class KindChoice(BaseModel):
    """Doses alike in every medicine and route. `like` names them in a request."""

    like: UUID
    parts: list[Part]
    doses: int


class CourseChoice(BaseModel):
    """A course in which a dose was given; the course with the newest dose comes first."""

    id: UUID
    first_dose_at: datetime
    last_dose_at: datetime
    kinds: list[KindChoice]


class Baseline(BaseModel):
    """Of so many day means in the seven days before; `sd` is their sample standard deviation."""

    days: int
    mean: Number
    lowest: Number
    highest: Number
    sd: Number


class Average(BaseModel):
    """The mean of so many doses; `low` and `high` bound its 95 % t-interval, null below five doses."""

    doses: int
    mean: Number
    low: Number | None
    high: Number | None


class BinAverages(BaseModel):
    """`value` of all doses that reach the bin, `own_lift` of those that have a baseline of their own, above that."""

    first_hour: int
    last_hour: int
    value: Average | None
    own_lift: Average | None


class BinOfDose(BaseModel):
    """`empty`: nothing was noted. `over`: the next dose came before. `cut`: the next dose came inside the bin."""

    reach: Reach
    value: Number | None
    entries: int
    cut: bool


class Point(BaseModel):
    """One shared check-in. What is back-dated is in no other number."""

    hours: Number
    value: Number
    back_dated: bool


class GivenInDose(Part):
    """One administration, so many minutes after hour 0."""

    id: UUID
    minutes: int
    dose_mg: float
    mg_per_kg: float | None


class Outcome(BaseModel):
    """`day`: whole days from hour 0 to the return, or for `not_yet` to the last day observed."""

    answer: Answer
    day: int | None


class DoseOfCurve(BaseModel):
    """One dosing event. `number` counts all doses of the course; `cut_hours` is when the next dose came.

    `stands_alone`: the dose before was at least 14 days away. Only then is there a `baseline` of its own, unless too
    few days were noted, and `before` are the entries of that week. `outcome` is null where a return cannot be asked
    about.
    """

    number: int
    at: datetime
    time_zone: str
    given: list[GivenInDose]
    cut_hours: Number | None
    stands_alone: bool
    baseline: Baseline | None
    before: list[Point]
    bins: list[BinOfDose]
    outcome: Outcome | None
    points: list[Point]


class SurvivalStep(BaseModel):
    """On this day so many of the doses still observed returned; `lifted` is the Kaplan-Meier share after it, 0…1."""

    day: int
    observed: int
    returned: int
    lifted: Number


class Figure(BaseModel):
    """The course's `baseline`, null of fewer than three days; `before` its entries, by hours before the first dose.

    `dose_in_baseline`: a dose of an earlier course lies in those seven days. `survival` is null unless at least two
    doses, and most of those that could be asked, lifted clearly.
    """

    baseline: Baseline | None
    before: list[Point]
    dose_in_baseline: bool
    bins: list[BinAverages]
    doses: list[DoseOfCurve]
    survival: list[SurvivalStep] | None


class DoseCurve(BaseModel):
    """From shared check-ins only. `figure` is null where no dose was given.

    `better` is null for an item of which neither end is. `complete` is false where there were more rows than are read
    at once: the newest entries, or the oldest doses, are left out.
    """

    item: Item
    lowest: float
    highest: float
    better: Better | None
    courses: list[CourseChoice]
    course: UUID | None = None
    like: UUID | None = None
    figure: Figure | None = None
    complete: bool = True

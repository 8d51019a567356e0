"""The figure of one course: the doses of one medicine and route, each in its bins, and what they have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from afterglow_portal.curve.averages import Average, average
from afterglow_portal.curve.baselines import BEFORE, Baseline, baseline_before, stands_alone
from afterglow_portal.curve.bins import BINS, LAST, Bin, Reach, bins_of
from afterglow_portal.curve.days import Entry, between, day_means
from afterglow_portal.curve.doses import Dose
from afterglow_portal.curve.items import Better
from afterglow_portal.curve.returning import Outcome, outcome_of
from afterglow_portal.curve.survival import Step, survival


@dataclass(frozen=True, slots=True)
class DoseFigure:
    """One dose. `baseline` is its own, None where the last dose was too close or too few days were noted.

    `entries` are all from hour 0 to the next dose, or to the end of the last bin; `before` those of its own week
    before, none where the last dose was too close.
    """

    dose: Dose
    baseline: Baseline | None
    bins: list[Bin]
    outcome: Outcome | None
    entries: Sequence[Entry]
    before: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """`averages` of values and `own_lifts` over dose baselines, in the item's units: one for each of BINS, in order.

    `before` are the entries of the seven days before the course.
    """

    baseline: Baseline | None
    before: Sequence[Entry]
    doses: list[DoseFigure]
    averages: list[Average | None]
    own_lifts: list[Average | None]
    survival: list[Step] | None


def draw(first: Dose, doses: Sequence[Dose], entries: Sequence[Entry], better: Better | None) -> Figure:
    """`first` is the course's first dose of any kind, `doses` are alike; `entries` of one item, in any order."""
    noted = sorted(entries, key=lambda entry: entry.at)
    then = [entry for entry in noted if not entry.back_dated]
    baseline = baseline_before(first.at, then)
    figures = [draw_one(dose, baseline, noted, then, better) for dose in doses]
    columns = list(zip(*(figure.bins for figure in figures), strict=True)) or [()] * len(BINS)
    return Figure(
        baseline=baseline,
        before=between(noted, first.at - BEFORE, first.at),
        doses=figures,
        averages=[average([one.value for one in column if one.value is not None]) for column in columns],
        own_lifts=[average(lifts(figures, number)) for number in range(len(BINS))],
        survival=survival([figure.outcome for figure in figures]),
    )


def draw_one(
    dose: Dose, course: Baseline | None, noted: Sequence[Entry], then: Sequence[Entry], better: Better | None
) -> DoseFigure:
    end = min(dose.at + LAST, dose.cut) if dose.cut else dose.at + LAST
    return DoseFigure(
        dose=dose,
        baseline=baseline_before(dose.at, then) if stands_alone(dose) else None,
        bins=bins_of(dose, then),
        outcome=outcome_of(day_means(between(then, dose.at, dose.cut), dose.at), course, better),
        entries=between(noted, dose.at, end),
        before=between(noted, dose.at - BEFORE, dose.at) if stands_alone(dose) else (),
    )


def lifts(figures: Sequence[DoseFigure], number: int) -> list[float]:
    """How far the doses that have a baseline of their own lie above it in one bin."""
    reached = [(one.bins[number].value, one.baseline) for one in figures if one.bins[number].reach == Reach.reached]
    return [value - baseline.mean for value, baseline in reached if value is not None and baseline]

"""Thousands of generated histories: portal's plain Python finds what NumPy and SciPy find from the definitions."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from afterglow_portal.curve.averages import Average
from afterglow_portal.curve.baselines import Baseline
from afterglow_portal.curve.doses import Dose, find_doses
from afterglow_portal.curve.drawing import Figure, draw
from afterglow_portal.curve.items import Better
from afterglow_portal.curve.student import t_quantile
from scipy import stats

from tests.portal.curve import reference
from tests.portal.curve.histories import History, histories

AT_A_TIME = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = 1 << 62


def micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def close(mine: object, other: object) -> None:
    np.testing.assert_allclose(np.array(mine, dtype=float), other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(11))
def test_figures_equal_the_references(seed: int):
    drawn = 0
    for history in histories(seed, AT_A_TIME):
        doses = find_doses(history.given)
        for course in sorted({dose.course for dose in doses}):
            first = next(dose for dose in doses if dose.course == course)
            alike = [dose for dose in doses if dose.course == course and dose.kind == first.kind]
            better = (Better.up, Better.down, None)[drawn % 3]
            compare(history, alike, draw(first, alike, history.entries, better), better)
            drawn += 1
    assert drawn >= AT_A_TIME


def compare(history: History, alike: list[Dose], figure: Figure, better: Better | None) -> None:
    noted = sorted((micros(one.at), one.value) for one in history.entries if not one.back_dated)
    seen = reference.Noted(
        np.array([at for at, _ in noted], dtype=np.int64), np.array([value for _, value in noted], dtype=float)
    )
    zeros = reference.hours_zero(np.array([micros(one.at) for one in history.given]))
    course = alike[0].course
    events = {one.at: one for one in find_doses(history.given)}
    mine = [micros(dose.at) for dose in alike]
    assert set(mine) <= set(zeros.tolist())
    assert len(zeros) == len(events)
    begun = micros(
        min(one.at for one in history.given if one.course == course and micros(one.at) in set(zeros.tolist()))
    )
    before = reference.baseline(seen, begun)
    close(numbers(figure.baseline), before)
    sign = {Better.up: 1, Better.down: -1, None: 0}[better]
    table, own, outcomes = [], [], []
    for zero in mine:
        place = int(np.searchsorted(zeros, zero))
        cut = int(zeros[place + 1]) if place + 1 < zeros.size else NEVER
        alone = place == 0 or zero - zeros[place - 1] >= 14 * reference.DAY
        table.append(reference.bins(seen, zero, cut))
        own.append(reference.baseline(seen, zero) if alone else np.full(5, np.nan))
        outcomes.append(reference.outcome(seen, zero, cut, before, sign))
    close([[one.value for one in dose.bins] for dose in figure.doses], table)
    close([numbers(dose.baseline) for dose in figure.doses], own)
    close([of_average(one) for one in figure.averages], reference.averages(np.array(table)))
    lifts = np.array(table) - np.array(own)[:, 1:2]
    close([of_average(one) for one in figure.own_lifts], reference.averages(lifts))
    found = [(dose.outcome.answer.value, dose.outcome.day) if dose.outcome else ("", None) for dose in figure.doses]
    assert [answer for answer, _ in found] == [answer for answer, _ in outcomes]
    close([day for _, day in found], [day for _, day in outcomes])
    steps = [(step.day, step.lifted) for step in figure.survival or []]
    close(np.array(steps, dtype=float).reshape(-1, 2), reference.survival(outcomes))


def numbers(baseline: Baseline | None) -> list[float]:
    if baseline is None:
        return [np.nan] * 5
    return [baseline.days, baseline.mean, baseline.lowest, baseline.highest, baseline.sd]


def of_average(one: Average | None) -> list[float]:
    if one is None:
        return [0, np.nan, np.nan, np.nan]
    return [one.doses, one.mean, *(one.interval or (np.nan, np.nan))]


def test_generated_histories_hold_what_they_are_for():
    """Every kind of answer, interval and cut is among the histories that the reference was asked about."""
    seen: set[str] = set()
    for history in histories(0, 300):
        doses = find_doses(history.given)
        figure = draw(doses[0], [one for one in doses if one.kind == doses[0].kind], history.entries, Better.up)
        seen |= {one.outcome.answer.value for one in figure.doses if one.outcome}
        seen |= {"interval" for one in figure.averages if one and one.interval}
        seen |= {"cut" for dose in figure.doses for one in dose.bins if one.cut}
        seen |= {one.reach.value for dose in figure.doses for one in dose.bins}
        seen |= {"survival"} if figure.survival else set()
        seen |= {"booster"} if any(len(dose.given) > 1 for dose in doses) else set()
        seen |= {"own lift"} if any(figure.own_lifts) else set()
        seen |= {"no baseline"} if figure.baseline is None else set()
    answers = {"no_clear_lift", "not_yet", "returned", "worse_than_before"}
    assert seen >= answers | {
        "interval",
        "cut",
        "reached",
        "empty",
        "over",
        "survival",
        "booster",
        "own lift",
        "no baseline",
    }


@pytest.mark.parametrize("degrees", [*range(1, 61), 99, 250])
def test_students_quantile(degrees: int):
    assert t_quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-10)

"""Return is defined after a clear lift only, and says otherwise that there was none, that it was worse, or not yet."""

import pytest
from afterglow_portal.curve.items import Better
from afterglow_portal.curve.returning import Answer
from afterglow_portal.curve.survival import Step

from tests.portal.curve.drawing import daily, entry, figure, given

BEFORE = [-1, 1, -1, 1, 0, 0, 0]  # mean 0, SD 0.816, half of it 0.408
LIFT, WORSE, NONE = Answer.not_yet, Answer.worse, Answer.no_clear_lift


@pytest.mark.parametrize(
    ("after", "answer", "day"),
    [
        ([2, 2, 2, 0, 0], Answer.returned, 3),
        ([0, 2, 2, 2, 0, 1, 0, 0], Answer.returned, 6),
        ([2, 2, 0, 0], Answer.returned, 2),
        ([2, 2, 0, 2, 0], LIFT, 4),
        ([2, 2, 2, 2], LIFT, 3),
        ([2, 0, 2, 0, 2, 2], NONE, None),
        ([0.8, 0.8], NONE, None),
        ([0.82, 0.82], LIFT, 1),
        ([-2, -2, -2, 2, 2], WORSE, None),
        ([-2, -2, 2, 2, 0.4, 0.4], Answer.returned, 4),
        ([], NONE, None),
    ],
)
@pytest.mark.parametrize("better", [Better.up, Better.down])
def test_answers(*, after: list[float], answer: Answer, day: int | None, better: Better):
    sign = 1 if better == Better.up else -1
    values = [sign * value for value in BEFORE], [sign * value for value in after]
    outcome = figure([given(0)], daily(-7, values[0]) + daily(0, values[1]), better).doses[0].outcome
    assert outcome
    assert (outcome.answer, outcome.day) == (answer, day)


def test_a_gap_resets_and_the_next_dose_ends_it():
    lifted = daily(-7, BEFORE) + daily(0, [2, 2, 2, 0])
    gap = figure([given(0)], [*lifted, *daily(5, [0, 3, 0, 0])]).doses[0].outcome
    assert gap
    assert (gap.answer, gap.day) == (Answer.returned, 7)
    cut = figure([given(0), given(96)], lifted + daily(4, [0, 0, 0])).doses[0].outcome
    assert cut
    assert (cut.answer, cut.day) == (Answer.not_yet, 3)
    lifting_gap = figure([given(0)], [*daily(-7, BEFORE), entry(1, 2), entry(49, 2)]).doses[0].outcome
    assert lifting_gap
    assert lifting_gap.answer == NONE


def test_nothing_is_asked_without_a_better_end_or_with_four_days_before():
    lifted = daily(0, [5, 5, 5, 0, 0])
    assert figure([given(0)], daily(-7, BEFORE) + lifted, None).doses[0].outcome is None
    assert figure([given(0)], daily(-4, BEFORE[:4]) + lifted).doses[0].outcome is None
    assert figure([given(0)], daily(-5, BEFORE[:5]) + lifted).doses[0].outcome is not None


def test_the_sd_of_a_flat_week_is_half_a_point():
    flat = daily(-7, [0] * 7)
    for value, answer in ((0.49, NONE), (0.5, LIFT), (-0.5, WORSE)):
        outcome = figure([given(0)], flat + daily(0, [value, value])).doses[0].outcome
        assert outcome
        assert outcome.answer == answer


def test_several_doses_are_kaplan_and_meiers():
    """Returned on days 3 and 5, still lifted when the next dose came after days 4 and 6, and one without a lift."""
    lives = ([2, 2, 2, 0, 0], [2] * 5, [2] * 5 + [0, 0], [2] * 7, [0] * 4)
    doses, entries, day = [], daily(-7, BEFORE), 0
    for life in lives:
        doses.append(given(24 * day))
        entries += daily(day, life)
        day += len(life)
    drawn = figure(doses, entries)
    assert [one.outcome and one.outcome.day for one in drawn.doses] == [3, 4, 5, 6, None]
    assert drawn.survival == [Step(3, 4, 1, 0.75), Step(5, 2, 1, 0.375)]
    assert figure(doses[:1], entries[:12]).survival is None

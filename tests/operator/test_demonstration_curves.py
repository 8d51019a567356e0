"""What the demonstration's check-ins make of the dose curve: the first look at it has every part of it in it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from afterglow_operator.demonstration.checkins import check_ins_of
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.people import DemoPerson, clients
from afterglow_portal.curve.baselines import FEWEST_DAYS
from afterglow_portal.curve.days import Entry
from afterglow_portal.curve.doses import Given, find_doses
from afterglow_portal.curve.drawing import Figure, draw
from afterglow_portal.curve.items import Better
from afterglow_portal.curve.returning import Answer

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)


def figure_of(client: DemoPerson, now: datetime) -> Figure | None:
    """Of the mood that the client shares around the doses of the newest one's kind."""
    course = course_of(client, now)
    given = [
        Given(one.id, course.id, one.given_at, one.medicine, one.route, one.dose_mg)
        for one in (course.administrations if course else ())
        if course and not one.withdrawn_at
    ]
    if not given:
        return None
    entries = [
        Entry(one.felt_at, one.mood, one.entered_at != one.felt_at)
        for one in check_ins_of(client, now)
        if one.mood is not None and str(one.visibility) == "therapist"
    ]
    doses = find_doses(given)
    return draw(doses[0], [one for one in doses if one.kind == doses[-1].kind], entries, Better.up)


def figures(now: datetime) -> Iterator[tuple[DemoPerson, Figure]]:
    for client in clients():
        if figure := figure_of(client, now):
            yield client, figure


@pytest.mark.parametrize("days", range(0, 28, 3))
def test_the_first_client_shows_lifts_returns_and_what_they_are_over_several_doses(days: int):
    figure = figure_of(clients()[0], NOW + timedelta(days=days))
    assert figure
    answers = [one.outcome.answer for one in figure.doses if one.outcome]
    assert {Answer.returned, Answer.not_yet} <= set(answers)
    assert figure.survival
    assert any(one and one.interval for one in figure.averages)
    assert any(figure.own_lifts)


@pytest.mark.parametrize("days", range(0, 28, 9))
def test_the_week_before_a_first_dose_is_noted_by_everybody(days: int):
    found = [figure.baseline for _, figure in figures(NOW + timedelta(days=days))]
    assert len(found) > 6
    assert all(one and one.days >= FEWEST_DAYS for one in found)


def test_whoever_does_not_respond_shows_no_lift_to_speak_of():
    figure = next(figure for client, figure in figures(NOW) if client.name == "Daniel Kowalczyk")
    assert figure.survival is None

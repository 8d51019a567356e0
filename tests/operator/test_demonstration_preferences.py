"""The demonstration's preferences: one version after another, and none said while a dose worked."""

from datetime import UTC, datetime, timedelta

import pytest
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.people import clients, therapist_of
from afterglow_operator.demonstration.preferences import preferences_of, wishes

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
TREATED = {client.name: client for client in clients() if therapist_of(client)}


@pytest.mark.parametrize("name", wishes())
def test_each_was_said_before_a_dose(name: str):
    course = course_of(TREATED[name], NOW)
    assert course is not None
    found = list(preferences_of(TREATED[name], course))
    assert [one.base_version for one in found] == list(range(len(wishes()[name])))
    made = [one.made_at for one in found]
    assert made == sorted(set(made))
    assert made[-1] < NOW
    for one in course.administrations:
        assert not [at for at in made if timedelta() <= at - one.given_at < timedelta(days=1)]

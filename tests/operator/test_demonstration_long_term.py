"""The demonstration's long-term questions: portal would have taken each, and of somebody they are due."""

from datetime import UTC, datetime

import pytest
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.long_term import answered, checks_of
from afterglow_operator.demonstration.people import DemoPerson, clients
from afterglow_portal.curve.doses import hours_zero
from afterglow_portal.long_term.due import due_on
from afterglow_portal.long_term.history import ImportedCheck

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)


def test_everybody_who_answered_is_a_client():
    assert set(answered()) <= {client.name for client in clients()}


@pytest.mark.parametrize("client", clients(), ids=lambda client: client.name)
def test_each_is_an_answer_that_portal_would_have_taken(client: DemoPerson):
    found = list(checks_of(client, NOW))
    assert [ImportedCheck.model_validate(one.model_dump()) for one in found] == found
    assert all(one.asked_on < client.today(NOW) for one in found)


def test_of_somebody_they_are_due_and_of_somebody_not():
    due = []
    for client in clients():
        course, asked = course_of(client, NOW), [one.asked_on for one in checks_of(client, NOW)]
        if course and course.administrations:
            given = [one.given_at for one in course.administrations if not one.withdrawn_at]
            when = due_on([client.today(at) for at in hours_zero(given)], max(asked, default=None), client.today(NOW))
            due.append(when is not None and when <= client.today(NOW))
    assert {True, False} == set(due)

"""The demonstration's tasks: each after a dose, done on its days and not all of them, and never on a day to come."""

from datetime import UTC, datetime

import pytest
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.people import clients, therapist_of
from afterglow_operator.demonstration.tasks import assigned, tasks_of
from afterglow_portal.course.schemas import Kind

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
TREATED = {client.name: client for client in clients() if therapist_of(client)}


@pytest.mark.parametrize("name", assigned())
def test_each_follows_a_dose(name: str):
    client = TREATED[name]
    course = course_of(client, NOW)
    assert course is not None
    sessions = {one.id: one for one in course.sessions}
    given = sorted(client.today(one.given_at) for one in course.administrations)
    found = list(tasks_of(client, course, NOW))
    assert [one.title for one in found] == [one.title for one in assigned()[name]]
    assert any(one.marks for one in found)
    for one in found:
        assert sessions[one.session_id].kind == Kind.dosing
        dosed = min(client.today(dose.given_at) for dose in course.administrations if dose.session_id == one.session_id)
        assert len({(mark.done_on, mark.occasion) for mark in one.marks}) == len(one.marks)
        for mark in one.marks:
            assert dosed < mark.done_on < client.today(NOW)
            assert not [day for day in given if dosed < day <= mark.done_on]
            assert one.made_at < mark.made_at < NOW

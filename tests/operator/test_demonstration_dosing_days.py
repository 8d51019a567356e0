"""The demonstration's dosing days: every dose has one, its times agree with the session's, and portal would take it."""

from datetime import UTC, datetime

import pytest
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.dosing_days import records_of
from afterglow_operator.demonstration.people import DemoPerson, clients, therapist_of
from afterglow_portal.course.schemas import State
from afterglow_portal.dosing_day.ranges import outside
from afterglow_portal.dosing_day.schemas import DischargeBody, Moment, ObservationBody, ReadinessBody, VitalSignsBody
from afterglow_portal.dosing_day.steps import Readiness

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
TREATED = [client for client in clients() if therapist_of(client)]


@pytest.mark.parametrize("client", TREATED, ids=lambda person: person.name)
def test_each_dose_has_its_day(client: DemoPerson):
    course = course_of(client, NOW)
    assert course is not None
    records = records_of(client, course)
    assert records == records_of(client, course)
    assert len({one.id for one in records}) == len(records)
    assert {one.session_id for one in records} == {one.session_id for one in course.administrations}
    for session in course.sessions:
        bodies = [(one.made_at, one.body) for one in records if one.session_id == session.id]
        if not bodies:
            continue
        opened, ended = session.since(State.open), session.since(State.ended)
        assert opened is not None
        assert ended is not None
        assert all(at < ended for at, _ in bodies)
        first, last = [
            pick(one.given_at for one in course.administrations if one.session_id == session.id) for pick in (min, max)
        ]
        (ready,) = [(at, body) for at, body in bodies if isinstance(body, ReadinessBody)]
        assert ready[0] < opened
        assert set(ready[1].steps) == set(Readiness) or ready[1].reason
        readings = {body.moment: body for _, body in bodies if isinstance(body, VitalSignsBody)}
        assert readings[Moment.baseline].measured_at < first
        assert last < readings[Moment.after_40_minutes].measured_at < readings[Moment.before_leaving].measured_at
        (observed,) = [body for _, body in bodies if isinstance(body, ObservationBody)]
        assert (observed.began_at, observed.ended_at is not None) == (first, True)
        assert [body for _, body in bodies if isinstance(body, DischargeBody)]


def test_some_readings_are_marked_and_some_lists_go_on_with_a_reason():
    records = [one for client in TREATED for one in records_of(client, course_of(client, NOW))]  # type: ignore[arg-type]  # each has one
    marked = [one for one in records if isinstance(one.body, VitalSignsBody) and list(outside(one.body))]
    assert 0 < len(marked) < len(records) / 4
    assert [one for one in records if isinstance(one.body, ReadinessBody) and one.body.reason]

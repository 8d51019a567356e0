"""The demonstration's courses: a session for each dose that the curves answer to, and a next one for everybody."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from afterglow_operator.demonstration.checkins import check_ins_of
from afterglow_operator.demonstration.courses import course_of, plans
from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.journals import entries_of
from afterglow_operator.demonstration.people import DemoPerson, clients, therapist_of
from afterglow_operator.demonstration.temperaments import TEMPERAMENTS
from afterglow_portal.course.history import ImportedCourse
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.raised_energy.rule import is_raised, worth_asking

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
TREATED = [client for client in clients() if therapist_of(client)]


def course(client: DemoPerson, now: datetime = NOW) -> ImportedCourse:
    found = course_of(client, now)
    assert found is not None
    return found


def test_whoever_is_treated_has_a_course():
    assert {client.name for client in TREATED} == set(plans())
    assert all(course_of(client, NOW) is None for client in clients() if client not in TREATED)


@pytest.mark.parametrize("client", TREATED, ids=lambda person: person.name)
def test_doses_are_those_that_the_curve_answers_to(client: DemoPerson):
    found = course(client)
    sessions = {one.id: one for one in found.sessions}
    first_of_each = {one.session_id: one for one in reversed(found.administrations)}

    assert sorted(one.given_at for one in first_of_each.values()) == list(doses_of(client, NOW))
    assert found.items == TEMPERAMENTS[client.name].items
    for one in found.administrations:
        session = sessions[one.session_id]
        opened, ended = session.since(State.open), session.since(State.ended)
        assert session.kind == Kind.dosing
        assert opened is not None
        assert ended is not None
        assert opened < one.given_at < ended


@pytest.mark.parametrize("client", TREATED, ids=lambda person: person.name)
@pytest.mark.parametrize("days", range(7))
def test_there_is_a_next_session_and_what_is_past_is_over(client: DemoPerson, days: int):
    now = NOW + timedelta(days=days)
    found = course(client, now)

    ids = [one.id for one in found.sessions]
    assert len(set(ids)) == len(ids)
    to_come = [one for one in found.sessions if one.stages[-1].state == State.planned]
    assert to_come
    assert all(one.stages[-1].planned_at > now for one in to_come)
    for one in found.sessions:
        assert one.stages[-1].planned_at.astimezone(client.zone).weekday() < 5
        assert all(earlier.at < later.at for earlier, later in pairwise(one.stages))
        assert found.made_at <= one.stages[0].at
        assert one in to_come or one.stages[-1].at < now
    assert found == course(client, now)
    kept = [one for one in found.sessions if one.stages[-1].state != State.cancelled]
    assert len({client.today(one.stages[-1].planned_at) for one in kept}) == len(kept)


def test_threads_are_entries_of_the_journal():
    for client in TREATED:
        written = {one.id for one in entries_of(client, NOW)}
        threads = {one.thread for one in course(client).sessions if one.thread}
        assert threads <= written
    assert sum(one.thread is not None for client in TREATED for one in course(client).sessions) >= 4


@pytest.mark.parametrize("days", range(7))
def test_somebody_is_watched_for_raised_energy_and_has_some(days: int):
    now = NOW + timedelta(days=days)
    (client,) = [one for one in TREATED if course(one, now).watch_energy]
    shared = [one for one in check_ins_of(client, now) if one.visibility == "therapist"]
    raised = {client.today(one.felt_at) for one in shared if is_raised(one.energy, one.items.sleep_hours)}
    assert len(worth_asking(raised, client.today(now))) >= 3

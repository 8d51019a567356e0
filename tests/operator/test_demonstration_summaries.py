"""The demonstration's summaries: each of an integration session that is over, written after it."""

from datetime import UTC, datetime

import pytest
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.people import clients, therapist_of
from afterglow_operator.demonstration.summaries import summaries_of, texts
from afterglow_portal.course.schemas import Kind, State

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
TREATED = {client.name: client for client in clients() if therapist_of(client)}


@pytest.mark.parametrize("name", texts())
def test_each_has_its_session(name: str):
    course = course_of(TREATED[name], NOW)
    assert course is not None
    sessions = {one.id: one for one in course.sessions}
    found = list(summaries_of(TREATED[name], course))
    assert [[one.text, *(edit.text for edit in one.edits)] for one in found] == texts()[name]
    assert len({one.session_id for one in found}) == len(found)
    for one in found:
        session = sessions[one.session_id]
        ended = session.since(State.ended)
        assert session.kind == Kind.integration
        assert ended is not None
        assert ended < one.made_at < NOW
        assert one.withholding_reason is None

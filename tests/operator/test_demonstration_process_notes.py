"""The demonstration's process notes: written after sessions that are over."""

from datetime import UTC, datetime

import pytest
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.people import clients, therapist_of
from afterglow_operator.demonstration.process_notes import notes_of, texts

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
TREATED = {client.name: client for client in clients() if therapist_of(client)}


@pytest.mark.parametrize("name", texts())
def test_each_is_written_after_a_session(name: str):
    course = course_of(TREATED[name], NOW)
    assert course is not None
    found = list(notes_of(TREATED[name], course))
    assert found
    assert [one.text for one in found] == texts()[name][: len(found)]
    assert all(one.written_at < NOW for one in found)
    assert len({one.written_at for one in found}) == len(found)

"""The demonstration's journals: by those who have chosen, in order, by day."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.journals import entries_of, journals, pinned_by
from afterglow_operator.demonstration.people import DemoPerson, clients
from afterglow_portal.agenda.excerpts import stands_in

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
WRITERS = [client for client in clients() if client.name in journals()]


def test_who_writes_has_made_their_choice():
    assert {client.name for client in WRITERS} == set(journals())
    assert all(client.journal for client in WRITERS)


@pytest.mark.parametrize("client", WRITERS, ids=lambda person: person.name)
def test_entries_are_in_order_in_the_past_and_follow_each_other(client: DemoPerson):
    entries = entries_of(client, NOW)

    assert len(entries) >= 2
    assert all(earlier.entered_at < later.entered_at for earlier, later in pairwise(entries))
    assert NOW - timedelta(days=121) < entries[0].entered_at
    assert entries[-1].entered_at <= NOW
    assert all(later.follows in {None, earlier.id} for earlier, later in pairwise(entries))
    assert entries == entries_of(client, NOW)


def test_an_experience_is_written_on_a_day_after_the_dose_it_speaks_of():
    for client in WRITERS:
        doses = {client.today(dose) for dose in doses_of(client, NOW)}
        for entry in entries_of(client, NOW):
            day = client.today(entry.entered_at)
            assert entry.phase != "experience" or {day, day - timedelta(days=1)} & doses


def test_nothing_has_been_written_before_its_time():
    client = WRITERS[0]
    last = entries_of(client, NOW)[-1]

    assert last not in entries_of(client, last.entered_at - timedelta(seconds=1))


def test_pinned_lines_stand_in_their_entries():
    pinned = [(client, *line) for client in WRITERS for line in pinned_by(client, NOW)]
    assert pinned
    for client, _, body, at in pinned:
        (written,) = [entry for entry in entries_of(client, NOW) if entry.id == body.entry_id]
        assert stands_in(body.text, written.text)
        assert written.entered_at < at <= NOW

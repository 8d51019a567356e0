"""The demonstration's check-ins: lifelike, repeatable, and nothing portal would refuse."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean
from zoneinfo import ZoneInfo

import pytest
from afterglow_operator.demonstration.checkins import check_ins_of
from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.moods import share_left
from afterglow_operator.demonstration.notes import sentences
from afterglow_operator.demonstration.people import DemoPerson, clients, people
from afterglow_operator.demonstration.temperaments import TEMPERAMENTS
from afterglow_portal.checkins.history import ImportedCheckIn, refuse_impossible

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
ALL_MOMENTS = [NOW, datetime(2026, 3, 9, 0, 5, tzinfo=UTC), datetime(2028, 2, 29, 12, 0, tzinfo=UTC)]
DAY = timedelta(days=1)


def everything(now: datetime = NOW) -> list[tuple[DemoPerson, list[ImportedCheckIn]]]:
    return [(client, check_ins_of(client, now)) for client in clients()]


def moods_between(client: DemoPerson, start: datetime, end: datetime) -> list[float]:
    entries = check_ins_of(client, NOW)
    return [entry.mood for entry in entries if entry.mood is not None and start <= entry.felt_at < end]


def dosed() -> list[DemoPerson]:
    """Clients with a whole induction who answered to it."""
    return [client for client in clients() if len(doses_of(client, NOW)) >= 6 and client.name != "Daniel Kowalczyk"]


def test_the_same_moment_gives_the_same_data():
    assert everything() == everything()


def test_later_on_a_day_only_more_of_it_is_there():
    client = clients()[0]
    morning = datetime(2026, 11, 22, 0, 1, tzinfo=client.zone)
    early, late = check_ins_of(client, morning), check_ins_of(client, morning + 0.99 * DAY)

    assert late[: len(early)] == early
    assert any(len(check_ins_of(each, morning)) < len(check_ins_of(each, morning + 0.99 * DAY)) for each in clients())


@pytest.mark.parametrize("now", ALL_MOMENTS, ids=lambda now: now.date().isoformat())
def test_portal_would_have_taken_every_entry_when_it_was_made(now: datetime):
    for client, entries in everything(now):
        refuse_impossible(entries)
        assert {entry.time_zone for entry in entries} == {client.time_zone}
        assert all(ImportedCheckIn.model_validate(entry.model_dump()) == entry for entry in entries)


@pytest.mark.parametrize("now", ALL_MOMENTS, ids=lambda now: now.date().isoformat())
def test_120_days_that_end_today_and_nothing_to_come(now: datetime):
    for client, entries in everything(now):
        first_day = client.today(now) - 120 * DAY
        assert max(entry.entered_at for entry in entries) <= now
        assert min(entry.felt_at for entry in entries).astimezone(client.zone).date() >= first_day
        assert entries[0].entered_at < now - 110 * DAY
        assert entries[-1].entered_at > now - 6 * DAY


def test_moods_come_in_halves_and_some_items_were_skipped():
    entries = [entry for _, entries in everything() for entry in entries]
    values = [value for entry in entries for value in (entry.mood, entry.energy, entry.anxiety)]

    assert all(value is None or value * 2 == int(value * 2) for value in values)
    assert 0.01 < values.count(None) / len(values) < 0.1
    assert len({entry.mood for entry in entries}) > 12


def test_ids_are_uuid7_of_the_time_of_entry_and_never_twice():
    entries = [entry for _, entries in everything() for entry in entries]

    assert all(entry.id.version == 7 for entry in entries)
    assert all(entry.id.int >> 80 == int(entry.entered_at.timestamp() * 1000) for entry in entries)
    assert len({entry.id for entry in entries}) == len(entries)


def test_most_is_shared_some_is_private():
    shares = Counter(str(entry.visibility) for _, entries in everything() for entry in entries)
    total = shares.total()

    assert 0.7 < shares["therapist"] / total < 0.88
    assert 0.1 < shares["only_me"] / total < 0.3
    assert shares["next_session"] == 0


def test_there_are_gaps_of_days_and_days_with_several_entries():
    for _, entries in everything():
        days = sorted({entry.felt_at.astimezone(ZoneInfo(entry.time_zone)).date() for entry in entries})
        gaps = [(later - earlier).days - 1 for earlier, later in pairwise(days)]
        assert max(gaps) >= 3
        assert 1 in gaps
        assert len(entries) > len(days)


def test_some_entries_are_back_dated_by_hours():
    waits = [entry.entered_at - entry.felt_at for _, entries in everything() for entry in entries]
    late = [wait for wait in waits if wait]

    assert 0.02 < len(late) / len(waits) < 0.1
    assert all(timedelta(hours=3) <= wait < DAY for wait in late)


def test_inductions_are_six_doses_in_three_weeks_and_then_two_boosters():
    numbers = [len(doses_of(client, NOW)) for client in clients()]
    assert Counter(numbers) == {8: 5, 6: 1, 4: 2, 2: 1, 0: 3}
    for client in clients():
        doses = doses_of(client, NOW)
        assert all(dose.astimezone(client.zone).weekday() < 5 for dose in doses)
        under_way = bool(TEMPERAMENTS[client.name].dosed_days_ago)
        assert all(NOW - 97 * DAY < dose < NOW - (0 if under_way else 10) * DAY for dose in doses)
        assert not doses[5:] or doses[5] - doses[0] < 22 * DAY


@pytest.mark.parametrize("days", range(7))
def test_whoever_is_silent_after_a_dose_notes_those_days_for_themselves(days: int):
    now = NOW + days * DAY
    for client in clients():
        if TEMPERAMENTS[client.name].silent_after_dose:
            last = doses_of(client, now)[-1]
            after = [one for one in check_ins_of(client, now) if last <= one.felt_at < last + 4 * DAY]
            assert now - last > 4 * DAY
            assert after
            assert {str(one.visibility) for one in after} == {"only_me"}


def test_a_lift_follows_a_dose_and_fades():
    """Means over clients of one dose that nothing follows for weeks: the last of the induction."""
    before, after, later = [], [], []
    for client in dosed():
        doses = doses_of(client, NOW)
        before += moods_between(client, doses[0] - 14 * DAY, doses[0])
        after += moods_between(client, doses[5] + DAY, doses[5] + 3 * DAY)
        later += moods_between(client, doses[5] + 12 * DAY, doses[5] + 24 * DAY)

    assert mean(after) - mean(before) > 1.2
    assert mean(after) - mean(later) > 0.8


def test_a_booster_lifts_again():
    before, after = [], []
    for client in dosed():
        for booster in doses_of(client, NOW)[6:]:
            before += moods_between(client, booster - 10 * DAY, booster)
            after += moods_between(client, booster + DAY, booster + 4 * DAY)

    assert mean(after) - mean(before) > 0.8


def test_one_client_does_not_respond():
    client = next(client for client in clients() if client.name == "Daniel Kowalczyk")
    doses = doses_of(client, NOW)
    before = moods_between(client, doses[0] - 20 * DAY, doses[0])
    after = moods_between(client, doses[0], doses[5] + 4 * DAY)

    assert mean(after) - mean(before) < 0.7


def test_the_share_of_a_lift_rises_within_two_days_and_is_a_tenth_at_the_end():
    assert share_left(-0.1, 7) == 0
    assert share_left(0.5, 7) < share_left(1.3, 7) == pytest.approx(1)
    assert share_left(7, 7) == pytest.approx(0.1)
    assert share_left(4, 7) > share_left(5, 7)


def test_notes_are_many_and_each_client_writes_each_only_once():
    for client, entries in everything():
        written = {s for tones in sentences(client.locale).values() for these in tones.values() for s in these}
        assert len(written) >= 60
        notes = [entry.note for entry in entries if entry.note]
        assert 0.08 < len(notes) / len(entries) < 0.5
        assert len(set(notes)) == len(notes)
        assert all(any(note.startswith(sentence) for sentence in written) for note in notes)


def test_nobody_is_named_in_a_note():
    names = {part for person in people() for part in person.name.split()}
    words = {
        word.strip(".,!?'") for _, entries in everything() for entry in entries for word in (entry.note or "").split()
    }

    assert not names & words


def test_only_who_had_a_dose_writes_about_the_session():
    for client, entries in everything():
        about = {sentence for these in sentences(client.locale)["session"].values() for sentence in these}
        mentions = [entry for entry in entries if entry.note and any(sentence in entry.note for sentence in about)]
        doses = doses_of(client, NOW)
        assert all(any(timedelta() <= entry.felt_at - dose < 2.5 * DAY for dose in doses) for entry in mentions)

"""Quiet hours by the clock on the wall, on every kind of day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from afterglow_auth.notices.quiet import QuietHours
from hypothesis import given
from hypothesis import strategies as st

BERLIN, DENVER = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Denver")
PLACES = [BERLIN, DENVER, *map(ZoneInfo, ("Australia/Lord_Howe", "America/Santiago", "Asia/Beirut", "Asia/Kathmandu"))]
NIGHT = QuietHours(time(22), time(8))
CLOCK_CHANGES = [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)]  # both, in both places
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
hours = st.tuples(times, times).filter(lambda both: both[0] != both[1]).map(lambda both: QuietHours(*both))
days = st.one_of(st.sampled_from(CLOCK_CHANGES), st.dates(date(2020, 1, 1), date(2030, 1, 1)))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "zone", "now", "over"),
    [
        (NIGHT, BERLIN, "2026-05-04T19:59", "2026-05-04T19:59"),
        (NIGHT, BERLIN, "2026-05-04T20:00", "2026-05-05T06:00"),
        (NIGHT, BERLIN, "2026-05-05T05:59", "2026-05-05T06:00"),
        (NIGHT, BERLIN, "2026-05-05T06:00", "2026-05-05T06:00"),
        (NIGHT, BERLIN, "2026-03-28T22:00", "2026-03-29T06:00"),  # an hour shorter
        (NIGHT, BERLIN, "2026-10-24T21:00", "2026-10-25T07:00"),  # an hour longer
        (NIGHT, DENVER, "2026-03-08T05:00", "2026-03-08T14:00"),
        (NIGHT, DENVER, "2026-11-01T04:00", "2026-11-01T15:00"),
        (QuietHours(time(13), time(14, 30)), BERLIN, "2026-05-04T11:30", "2026-05-04T12:30"),
        (QuietHours(time(1), time(2, 30)), BERLIN, "2026-10-25T00:45", "2026-10-25T01:30"),  # 02:30 for the second time
    ],
)
def test_what_comes_in_them_waits_until_they_are_over(quiet: QuietHours, zone: ZoneInfo, now: str, over: str):
    assert quiet.over_at(utc(now), zone) == utc(over)


def is_quiet(quiet: QuietHours, wall: time) -> bool:
    if quiet.begin < quiet.end:
        return quiet.begin <= wall < quiet.end
    return wall >= quiet.begin or wall < quiet.end


@given(hours, days, st.integers(0, 24 * 60), st.sampled_from(PLACES))
def test_no_clock_shows_a_quiet_hour_when_something_is_sent(quiet: QuietHours, day: date, minutes: int, zone: ZoneInfo):
    now = datetime.combine(day, time(0), zone).astimezone(UTC) + timedelta(minutes=minutes)
    over = quiet.over_at(now, zone)
    assert now <= over <= now + timedelta(hours=26)
    assert not is_quiet(quiet, over.astimezone(zone).time().replace(tzinfo=None))
    assert over == now or is_quiet(quiet, now.astimezone(zone).time()) or day in CLOCK_CHANGES or changes(now, zone)


def changes(now: datetime, zone: ZoneInfo) -> bool:
    """Whether a clock is turned within a day of it: then hours that are left out or come twice count as quiet too."""
    around = {(now + timedelta(days=days)).astimezone(zone).utcoffset() for days in (-1, 0, 1)}
    return len(around) > 1

"""A cursor says exactly what it was given, and nothing hostile is taken for one."""

from contextlib import suppress

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_messaging.messages.cursor import LONGEST, Cursor, Place, Snapshot, UnreadableCursorError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.messaging.practice import API, Pair, Practice

ID = "01890000-0000-7000-8000-000000000000"
HOSTILE = [
    "",
    " ",
    "0",
    "now",
    "1:1",
    "1:1:1",
    "0:5:",
    "5:0:",
    "5:4:",
    "01:5:",
    "1:05:",
    "1:5:02",
    "-1:5:",
    "+1:5:",
    "1.0:5:",
    "1e3:5000:",
    "1 :5:",
    "1:5:,",
    "1:5:2,",
    "1:5:,2",
    "1:5:2,,3",
    "1:5:3,2",
    "1:5:2,2",
    "3:5:2",
    "1:5:5",
    "1:5::",
    "1:5:2\n",
    "1:5:\x00",
    "1:5:';--",
    "1:18446744073709551616:",
    f"1:{2**32}:",
    f"1:{2**63}:",
    f"{2**32}:{2**32 + 9}:",
    f"1:{2**33}:{2**32}",
    "99999999999999999999:99999999999999999999:",
    "9" * 5_000 + ":1:",
    "1:9:" + ",".join(["2"] * 4_000),
    "\u0661:\u0665:",
    "\u00b9:5:",
    "1:5:~",
    f"1:5:~1:5:~{ID}",
    f"1:5:~1:5:~{ID}~",
    f"1:5:~1:5:~{ID}~0",
    f"1:5:~1:5:~{ID}~-1",
    f"1:5:~1:5:~{ID}~9223372036854775808",
    f"1:5:~1:5:~{ID.upper()}A~1",
    f"1:5:~1:5:~{{{ID}}}~1",
    f"1:5:~1:5:~{ID}~1~1",
    f"1:5:~5:1:~{ID}~1",
    f"~1:5:~{ID}~1",
]
READABLE = [
    "1:1:",
    "1:5:",
    "1:5:1,2,4",
    "10:18446744073709551615:12",
    f"{2**32 - 1}:{2**32 + 1}:{2**32 - 1}",
]
snapshots = st.builds(
    lambda start, length, running: (
        f"{start}:{start + length}:" + ",".join(str(start + number) for number in sorted(running) if number < length)
    ),
    st.integers(1, 2**63).filter(lambda start: start % 2**32 and start % 2**32 < 2**32 - 50),
    st.integers(0, 49),
    st.sets(st.integers(0, 49), max_size=8),
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_no_cursor_is_refused(hostile: str) -> None:
    with pytest.raises(UnreadableCursorError):
        Cursor.parse(hostile)


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_no_cursor_makes_the_service_fail(practice: Practice, pair: Pair, hostile: str) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.get(f"{API}/updates", params={"after": hostile})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["after"]


@pytest.mark.parametrize("hostile", [value for value in HOSTILE if value.isascii() and value.isprintable() and value])
async def test_no_last_event_id_makes_the_service_fail(practice: Practice, pair: Pair, hostile: str) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.get(f"{API}/events", headers={"Last-Event-ID": hostile})
    assert answer.status_code == 422
    assert [error["field"].lower() for error in answer.json()["errors"]] == ["last-event-id"]


async def test_bytes_that_are_no_text_are_no_cursor(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.get(f"{API}/events", headers=[(b"last-event-id", b"1:5:\xff")])
    assert answer.status_code == 422


async def test_a_cursor_of_another_database_is_refused(practice: Practice, pair: Pair) -> None:
    """It claims to have seen transactions that have not begun: what it misses cannot be told."""
    async with practice.signed_in(pair.client) as http:
        now = (await http.get(f"{API}/updates")).json()["next"]
        ahead = f"1:{2**63 - 1}:"
        for cursor in (ahead, f"{now}~{ahead}~{ID}~1", f"{ahead}~{now}~{ID}~1"):
            assert (await http.get(f"{API}/updates", params={"after": cursor})).status_code == 422
            answer = await http.get(f"{API}/events", headers={"last-event-id": cursor})
            assert answer.status_code == 422


@given(snapshots, snapshots, st.integers(1, 2**63 - 1))
def test_a_cursor_is_read_as_it_was_written(since: str, until: str, sequence: int) -> None:
    for cursor in (
        Cursor(Snapshot.parse(since)),
        Cursor(Snapshot.parse(since), Snapshot.parse(until), Place(new_id(), sequence)),
    ):
        assert Cursor.parse(str(cursor)) == cursor
        assert "\n" not in str(cursor)


@given(st.text(max_size=40) | st.text("0123456789:,~-", max_size=60))
def test_any_text_is_a_cursor_or_refused(anything: str) -> None:
    with suppress(UnreadableCursorError):
        assert str(Cursor.parse(anything)) == anything


def test_a_cursor_fits_however_busy_the_database_is() -> None:
    busy = "1:999999999999:" + ",".join(str(10**10 + number) for number in range(300))
    cursor = Cursor(Snapshot.parse(busy), Snapshot.parse(busy), Place(new_id(), 2**63 - 1))
    assert len(str(cursor)) <= LONGEST


@pytest.mark.parametrize(
    "candidate",
    [*HOSTILE, *READABLE],
)
async def test_whatever_is_taken_postgresql_takes_too(practice: Practice, pair: Pair, candidate: str) -> None:
    assert pair
    try:
        Snapshot.parse(candidate)
    except UnreadableCursorError:
        return
    async with practice.arrange() as session:
        try:
            await session.execute(text("SELECT CAST(CAST(:it AS text) AS pg_snapshot)"), {"it": candidate})
        except DBAPIError as error:
            raise AssertionError(candidate) from error

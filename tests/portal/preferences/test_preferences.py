"""Touch and support: said by the client, read by whoever treats them, locked on the day, taken back at any moment."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.preferences.locking import morning_after
from sqlalchemy import text

from tests.portal.arranging import audited, number_of
from tests.portal.conftest import Open
from tests.portal.course.treating import act, begin, give, of, schedule
from tests.portal.preferences.preferring import PREFERENCES, SAID, opened, prefer, preferences, withdraw

OPENED = text("UPDATE course_sessions SET opened_at = now() - interval '3 days' WHERE id = :id")


async def test_nothing_is_said_yet(as_client: httpx.AsyncClient):
    assert await preferences(as_client) == {"current": None, "before": [], "locked_until": None}


async def test_both_read_how_it_stands_and_what_it_was(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    first = new_id()
    assert (await prefer(as_client, first)).status_code == 201
    assert (await prefer(as_client, base_version=1, hand="yes", helps="")).status_code == 201
    found = await preferences(as_client)
    assert await preferences(as_therapist, client_person) == found
    assert {name: found["current"][name] for name in SAID} == SAID | {"hand": "yes", "helps": ""}
    assert (found["current"]["version"], found["current"]["withdrawn"], found["locked_until"]) == (2, None, None)
    (before,) = found["before"]
    assert {name: before[name] for name in SAID} == SAID
    kept = await audited(database, "preferences.recorded")
    assert {(one.actor_id, one.subject_id, one.outcome) for one in kept} == {
        (client_person.id, client_person.id, "success")
    }
    assert first in {one.object_id for one in kept}
    assert [one.actor_id for one in await audited(database, "course.read")] == [therapist.id]


async def test_sent_again_and_sent_otherwise(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    version = new_id()
    assert [(await prefer(as_client, version)).status_code for _ in range(2)] == [201, 200]
    assert (await prefer(as_client, version, hand="no")).json()["code"] == "conflict"
    stale = await prefer(as_client, hand="no")
    assert (stale.status_code, stale.json()["code"]) == (409, "preferences_changed")
    assert await number_of(database, "support_preferences") == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hand": "perhaps"}, "hand"),
        ({"hand": True}, "hand"),
        ({"helps": "x" * 4001}, "helps"),
        ({"unwanted": None}, "unwanted"),
        ({"expectations": "x" * 4001}, "expectations"),
        ({"base_version": -1}, "base_version"),
        ({"base_version": "1"}, "base_version"),
        ({"dose": "more"}, "dose"),
        ({"withdrawn": "hand"}, "withdrawn"),
    ],
)
async def test_bad_input(as_client: httpx.AsyncClient, changes: dict[str, Any], field: str):
    answer = await prefer(as_client, **changes)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_from_the_opening_until_the_next_morning_nothing_more_is_allowed(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    assert (await prefer(as_client)).status_code == 201
    session = await opened(as_therapist, client_person)
    until = (await preferences(as_client))["locked_until"]
    now = datetime.now(UTC)
    assert datetime.fromisoformat(until) == morning_after(now, "Europe/London") > now
    for more in (
        {"hand": "yes"},
        {"shoulder": "ask"},
        {"music": "yes"},
        {"helps": "A hug."},
        {"unwanted": ""},
        {"expectations": "A lot."},
    ):
        answer = await prefer(as_client, base_version=1, **more)
        assert (answer.status_code, answer.json()["code"]) == (409, "locked_until_morning"), more
    less = await prefer(as_client, base_version=1, moving="ask", hand=None, music="no")
    assert less.status_code == 201
    assert (await act(as_therapist, client_person, session, "ending")).is_success
    assert (await prefer(as_client, base_version=2, hand="ask")).json()["code"] == "locked_until_morning"


async def test_a_first_word_on_the_day_allows_nothing(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    await opened(as_therapist, client_person)
    assert (await prefer(as_client)).json()["code"] == "locked_until_morning"
    words = dict.fromkeys(("helps", "unwanted", "expectations"), "")
    nothing = dict.fromkeys(SAID, "no") | words
    assert (await prefer(as_client, **nothing | {"expectations": "A lot."})).json()["code"] == "locked_until_morning"
    assert (await prefer(as_client, **nothing)).status_code == 201


async def test_a_morning_later_it_is_open_again(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    """Also where the session was never ended; a dose that was given meanwhile locks it once more."""
    session = await opened(as_therapist, client_person)
    async with database.arrange() as arranging:
        await arranging.execute(OPENED, {"id": UUID(session)})
    assert (await preferences(as_client))["locked_until"] is None
    assert (await prefer(as_client)).status_code == 201
    assert (await give(as_therapist, client_person, session)).is_success
    assert (await prefer(as_client, base_version=1, hand="yes")).json()["code"] == "locked_until_morning"


async def test_another_kind_of_session_locks_nothing(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person), kind="preparation")
    assert (await act(as_therapist, client_person, session, "opening")).is_success
    assert (await prefer(as_client)).status_code == 201


async def test_anything_is_taken_back_at_once_while_a_dose_works(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    assert (await prefer(as_client)).status_code == 201
    session = await opened(as_therapist, client_person)
    assert (await give(as_therapist, client_person, session)).is_success
    version = new_id()
    assert [(await withdraw(as_client, "moving", version)).status_code for _ in range(2)] == [201, 200]
    assert (await withdraw(as_client, "moving")).status_code == 200  # not given any more
    assert (await withdraw(as_client, "music")).status_code == 200  # never given
    assert (await withdraw(as_client, "hand", version)).status_code == 409
    assert (await withdraw(as_client, "hand")).status_code == 201
    found = (await preferences(as_therapist, client_person))["current"]
    assert {name: found[name] for name in SAID} == SAID | {"moving": "no", "hand": "no"}
    assert (found["version"], found["withdrawn"]) == (3, "hand")
    assert (await prefer(as_client, base_version=3, moving="no", hand="ask")).json()["code"] == "locked_until_morning"
    assert len(await audited(database, "preference.withdrawn")) == 2


async def test_before_anything_was_said_nothing_is_taken_back(as_client: httpx.AsyncClient):
    assert (await withdraw(as_client, "hand")).status_code == 200
    for wrong in ("dose", None):
        answer = await as_client.put(f"{PREFERENCES}/withdrawals/{new_id()}", json={"wish": wrong})
        assert answer.status_code == 422


async def test_it_is_sealed(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    assert (await prefer(as_client)).status_code == 201
    async with database.arrange() as arranging:
        kept = await arranging.scalar(text("SELECT string_agg(t::text, '') FROM support_preferences AS t"))
    for word in ("humming", "Questions", "shoulder", "ask"):
        assert word not in kept
        assert word.encode().hex() not in kept


async def test_whose_they_are(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    other_client: Person, other_therapist: Person,
):  # fmt: skip
    version = new_id()
    assert (await prefer(as_client, version)).status_code == 201
    assert (await prefer(as_therapist)).status_code == 403
    assert (await withdraw(as_therapist, "hand")).status_code == 403
    async with signed_in(other_therapist) as http:
        assert (await http.get(PREFERENCES, params=of(client_person))).status_code == 404
    async with signed_in(other_client) as http:
        assert (await preferences(http))["current"] is None
        assert (await prefer(http, version)).status_code == 201  # ids are each client's own


def test_the_next_morning_is_the_clients_own():
    """Also in the night in which a clock is changed."""
    berlin, late = "Europe/Berlin", datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # after midnight there
    assert morning_after(late, berlin) == datetime(2026, 3, 30, 6, tzinfo=ZoneInfo(berlin))
    assert morning_after(datetime(2026, 3, 28, 12, tzinfo=UTC), berlin) == datetime(2026, 3, 29, 4, tzinfo=UTC)
    assert morning_after(datetime(2026, 3, 27, 12, tzinfo=UTC), berlin) == datetime(2026, 3, 28, 5, tzinfo=UTC)

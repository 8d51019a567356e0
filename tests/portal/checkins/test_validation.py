"""What a check-in may hold: each wrong field is named, and no input whatever breaks the service."""

import json
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_portal.checkins.schemas import WORDS, Items
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.portal.arranging import ago, check_in, number_of, put

HUGE = 10**400
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *[("mood", {"mood": value}) for value in ("3", True, 5.01, -6, HUGE, [1], {})],
    *[("energy", {"energy": value}) for value in ("0", False, 5.5, -5.5)],
    *[("anxiety", {"anxiety": value}) for value in ("3", True, -1, 10.5, -HUGE)],
    ("mood", {"mood": None, "energy": None, "anxiety": None, "items": {"hope": 3}, "note": "words alone"}),
    *[("items", {"items": value}) for value in ([], "hope", None)],
    *[("items.xyz", {"items": {"xyz": value}}) for value in (1, None)],
    *[("items.hope", {"items": {"hope": value}}) for value in ("1", True, 11, -1, {})],
    ("items.sleep_hours", {"items": {"sleep_hours": 24.5}}),
    ("words.0", {"words": ["sparkling"]}),
    ("words.1", {"words": ["calm", 3]}),
    ("words", {"words": ["calm", "calm"]}),
    ("words", {"words": "calm"}),
    ("words", {"words": list(WORDS[:11])}),
    *[("note", {"note": value}) for value in ("x" * 4001, "a\0b", "\ud800", 3, ["x"])],
    *[("tags.0", {"tags": [value]}) for value in ("", " ", "a\0b", "a\nb", "x" * 41, " a", "\ud800", 1, None)],
    ("tags", {"tags": [str(number) for number in range(11)]}),
    ("tags", {"tags": ["a", "a"]}),
    *[
        ("felt_at", {"felt_at": value})
        for value in (
            "yesterday",
            "2026-11-22",
            "2026-11-22T10:00:00",
            1_790_000_000,
            "1790000000",
            None,
            "2026-13-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "٢٠٢٦-11-22T10:00:00Z",
        )
    ],
    ("felt_at", {"felt_at": ago(hours=-1)}),
    ("felt_at", {"felt_at": ago(hours=49)}),
    *[
        ("time_zone", {"time_zone": value})
        for value in ("Mars/Olympus", "", "localtime", "../../etc/passwd", "europe/london", "UTC\0", 0, None, "x" * 100)
    ],
    *[("visibility", {"visibility": value}) for value in ("everyone", "", None, True, ["therapist"])],
    *[(name, {name: str(new_id())}) for name in ("id", "client_id", "version", "entered_at", "origin", "version_id")],
]


@pytest.mark.parametrize(("field", "changes"), REFUSED)
async def test_what_cannot_be_used_is_refused_by_name(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, field: str, changes: dict[str, Any]
):
    answer = await as_client.put(
        f"/api/portal/check-ins/{new_id()}",
        content=json.dumps(check_in(**changes)),
        headers={"content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert await number_of(database, "check_ins") == 0


@pytest.mark.parametrize("field", ["felt_at", "time_zone", "visibility"])
async def test_what_is_missing_is_named(as_client: httpx.AsyncClient, field: str):
    body = check_in()
    del body[field]
    answer = await as_client.put(f"/api/portal/check-ins/{new_id()}", json=body)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, "missing")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"mood": NaN}',
        b'{"mood": Infinity}',
        b'{"mood": 1e400}',
        b'{"mood": ' + b"9" * 5_000 + b"}",
        b'{"note": "\xff\xfe"}',
        b"[" * 30_000,
        b'{"items": ' * 5_000 + b"1" + b"}" * 5_000,
        b'{"\\ud800": 1}',
        b'{"items": {"\\ud800": 1}}',
        b'{"\\u0000": 1}',
    ],
)
async def test_broken_bodies_are_the_senders_fault(as_client: httpx.AsyncClient, body: bytes):
    for method, where in (("PUT", f"check-ins/{new_id()}"), ("PUT", "choices")):
        answer = await as_client.request(
            method, f"/api/portal/{where}", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in {400, 422}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "changes",
    [
        {"mood": 5, "energy": -5, "anxiety": 10},
        {"mood": 0.5, "energy": None, "anxiety": None},
        {"note": "x" * 4000},
        {"note": "𝄞" * 4000},
        {"note": "tab\tline\n\u202eright to left"},
        {"words": list(WORDS[:10])},
        {"tags": [f"étiquette {number}" for number in range(10)]},
        {"items": {"sleep_hours": 24, "urge_to_check": 10}},
        {"felt_at": ago(hours=47)},
        {"felt_at": ago(minutes=-1)},
        {"time_zone": "UTC"},
        {"time_zone": "America/Argentina/Buenos_Aires"},
        {"visibility": "next_session"},
    ],
)
async def test_what_lies_within_is_taken_whole(as_client: httpx.AsyncClient, changes: dict[str, Any]):
    stored = await put(as_client, **changes)
    kept = {name: value for name, value in changes.items() if name != "felt_at"}
    assert {name: stored[name] for name in kept} == kept
    read = await as_client.get(f"/api/portal/check-ins/{stored['id']}")
    assert read.json() == stored


@pytest.mark.parametrize(("minutes", "back_dated"), [(0, False), (14, False), (16, True), (2_800, True)])
async def test_an_earlier_feeling_is_marked(as_client: httpx.AsyncClient, minutes: int, back_dated: bool):
    assert (await put(as_client, felt_at=ago(minutes=minutes)))["back_dated"] == back_dated


async def test_the_local_date_is_the_one_on_the_wall(as_client: httpx.AsyncClient):
    stored = await put(as_client, time_zone="Pacific/Kiritimati")
    west = await put(as_client, time_zone="Pacific/Pago_Pago")
    assert stored["local_date"] > west["local_date"]


async def test_the_vocabulary_is_what_is_accepted(as_client: httpx.AsyncClient):
    told = (await as_client.get("/api/portal/check-ins/vocabulary")).json()
    assert told["words"] == sorted(set(WORDS))
    assert {item["name"] for item in told["items"]} == set(Items.model_fields)
    assert (await put(as_client, words=told["words"][:10], tags=told["tags"][:10]))["tags"] == told["tags"][:10]
    highest = {item["name"]: item["highest"] for item in told["items"]}
    assert (await put(as_client, items=highest))["items"] == highest


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=50),
    lambda children: st.lists(children, max_size=5) | st.dictionaries(st.text(max_size=10), children, max_size=5),
    max_leaves=12,
)
FIELDS = st.sampled_from([*check_in(), "items", "words", "note", "tags", "id", "other"])


@given(changes=st.dictionaries(FIELDS, JSON, max_size=4), whole=st.none() | JSON)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_json_breaks_it(as_client: httpx.AsyncClient, changes: dict[str, Any], whole: object):
    body = whole if whole is not None else check_in(**changes)
    answer = await as_client.put(
        f"/api/portal/check-ins/{new_id()}", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    assert answer.status_code in {201, 400, 422}, answer.text

"""`afterglow keys`: how signing keys stand, and the next one, from the host; audited as the operator's."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from afterglow_foundation.testing.databases import MigratedDatabase

from tests.operator.sites import Operator, TestSite, reach
from tests.operator.test_people import query


@pytest.fixture(scope="session")
def practice(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("auth", "operator-keys")


@pytest.fixture
def operator(practice: MigratedDatabase, settings_values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Operator:
    query(practice, "DELETE FROM signing_keys")
    return reach(TestSite(practice, settings_values | {"token_hashing_key": "only for these tests"}), monkeypatch)


def test_the_first_key_signs_and_the_next_waits(operator: Operator, practice: MigratedDatabase):
    assert operator.json("keys", "status") == []
    first = operator.json("keys", "rotate")
    assert (first["made"], first["state"]) == (True, "signing")
    following = operator.json("keys", "rotate")
    assert (following["made"], following["state"]) == (True, "next")
    again = operator.json("keys", "rotate")
    assert (again["made"], again["id"]) == (False, following["id"])
    listed = operator.json("keys", "status")
    assert [(key["id"], key["state"]) for key in listed] == [(following["id"], "next"), (first["id"], "signing")]
    events = query(
        practice, "SELECT actor_id, purpose, outcome, object_id::text FROM audit_events WHERE action = :a ORDER BY id",
        a="signing_key:rotated",
    )  # fmt: skip
    expected = [(None, "operator", "success", key["id"]) for key in (first, following)]
    assert [tuple(event) for event in events][-2:] == expected


def test_it_says_in_words_what_it_did(operator: Operator):
    assert "The one before" not in operator.run("keys", "rotate")[1]
    code, said, _ = operator.run("keys", "rotate")
    assert code == 0
    assert said.startswith("A new key is published, and signs from ")
    first = operator.json("keys", "status")[1]
    leaves = datetime.fromisoformat(first["published_until"])
    assert f"The one before it signs until then, and leaves the JWKS at {leaves:%d %B %H:%M} UTC." in said
    assert operator.run("keys", "rotate")[1].startswith("The next key is published already")
    code, said, _ = operator.run("keys", "status")
    assert code == 0
    assert "waits" in said
    assert "leaves the JWKS" in said
    assert f"{leaves:%d %b %H:%M}" in said


def test_no_key_that_anybody_could_use_is_printed(operator: Operator):
    made = operator.json("keys", "rotate")
    assert set(made) == {"made", "id", "state", "created_at", "active_at", "retires_at", "published_until"}
    assert "wrapped" not in json.dumps(operator.json("keys", "status"))

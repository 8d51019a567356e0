"""`afterglow programs`: the house's own, registered from the host; a secret is made here and printed once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import MigratedDatabase
from joserfc.jwk import ECKey

from tests.auth.arranging import DIGESTS, HASHING_KEY
from tests.operator.sites import Operator, TestSite, reach
from tests.operator.test_people import query


@pytest.fixture(scope="session")
def practice(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("auth", "operator-programs")


@pytest.fixture
def operator(practice: MigratedDatabase, settings_values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Operator:
    return reach(TestSite(practice, settings_values | {"token_hashing_key": HASHING_KEY}), monkeypatch)


def asked(client_id: str, *more: str) -> tuple[str, ...]:
    named = ("--client-id", client_id, "--name", "Diary", "--redirect-uri", "https://diary.example/callback")
    return ("programs", "register", *named, "--scope", "openid", "--scope", "profile", *more)


def stored(practice: MigratedDatabase, client_id: str) -> Any:
    (row,) = query(practice, "SELECT * FROM oauth_clients WHERE client_id = :id", id=client_id)
    return row


def test_one_with_a_secret_that_is_shown_once(operator: Operator, practice: MigratedDatabase):
    name = new_id().hex
    made = operator.json(*asked(name, "--secret", "--must-push", "--must-prove-key"))
    row = stored(practice, name)
    assert made == {
        "client_id": name, "token_endpoint_auth_method": "client_secret_basic", "client_secret": made["client_secret"],
    }  # fmt: skip
    assert row.secret_hash == DIGESTS.of("client secret", name, made["client_secret"])
    assert (row.kind, row.built_in, row.scopes) == ("confidential", True, ["openid", "profile"])
    assert row.require_pushed_authorization_requests
    assert row.dpop_bound_access_tokens
    events = query(practice, "SELECT action, actor_id, outcome FROM audit_events WHERE purpose = :id", id=name)
    assert [tuple(event) for event in events] == [("oauth_client:registered", None, "success")]
    assert "stays as it is" in operator.refused(*asked(name))
    assert stored(practice, name) == row


def test_one_with_keys_and_one_without_anything(operator: Operator, practice: MigratedDatabase, tmp_path: Path):
    name, keys = new_id().hex, tmp_path / "keys.json"
    key = ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=False)
    keys.write_text(json.dumps(key))
    operator.json(*asked(name, "--keys", str(keys), "--backchannel-logout-uri", "https://diary.example/out"))
    row = stored(practice, name)
    assert (row.token_endpoint_auth_method, row.jwks) == ("private_key_jwt", {"keys": [key]})
    assert row.backchannel_logout_uri == "https://diary.example/out"
    public = new_id().hex
    assert operator.run(*asked(public))[1].startswith(f"Registered: {public}.")
    assert stored(practice, public).kind == "public"
    shown = operator.run(*asked(new_id().hex, "--secret"))[1]
    assert "Its secret, shown this once: " in shown


def test_a_public_one_that_any_program_on_a_device_could_pose_as_is_refused_where_people_are(
    operator: Operator, practice: MigratedDatabase, monkeypatch: pytest.MonkeyPatch
):
    """Nobody is asked about it: whoever began with its id and listened there would hold somebody's record."""
    device, scheme = ("--redirect-uri", "http://127.0.0.1:8765/callback"), ("--redirect-uri", "http://localhost/back")
    name, settings = new_id().hex, operator.site.settings
    assert "does not administer" in operator.refused(*asked(name, "--scope", "accounts"))
    operator.json(*asked(new_id().hex, *device))
    in_production = {"environment": "production"}
    monkeypatch.setattr(operator.site, "settings", lambda *which: settings(*which).model_copy(update=in_production))
    for more in (device, scheme, (*device, "--must-prove-key", "--must-push")):
        assert "any program could pose as a public one" in operator.refused(*asked(name, *more)), more
    assert query(practice, "SELECT FROM oauth_clients WHERE client_id = :id", id=name) == []
    operator.json(*asked(name, "--secret", "--scope", "accounts", *device))
    operator.json(*asked(public := new_id().hex))
    assert (stored(practice, name).kind, stored(practice, public).kind) == ("confidential", "public")


def test_what_cannot_be_taken_is_named_and_nothing_registered(
    operator: Operator, practice: MigratedDatabase, tmp_path: Path
):
    name, keys = new_id().hex, tmp_path / "keys.json"
    keys.write_text("no keys")
    refusals = [
        (("--redirect-uri", "http://diary.example/"), "redirect_uris: an absolute address"),
        (("--scope", "everything"), "scopes not open to this kind of client: everything"),
        (("--keys", str(keys)), "No keys can be read"),
        (("--keys", str(keys), "--secret"), "not both"),
        (("--backchannel-logout-uri", "https://10.0.0.1/"), "An https address of a machine in public."),
    ]
    for more, said in refusals:
        assert said in operator.refused(*asked(name, *more)), more
    assert query(practice, "SELECT FROM oauth_clients WHERE client_id = :id", id=name) == []

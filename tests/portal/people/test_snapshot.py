"""The snapshot: fetched as this service, applied by the worker, the same however often."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.client import ServiceClient, UpstreamProblem
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_portal.people.snapshot import refresh
from afterglow_portal.settings import Settings
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import text

TAKEN = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Auth:
    """Stands for auth: checks who asks, and answers with what it holds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.key = ECKey.import_key(json.loads(settings.client_private_key.get_secret_value()))
        self.snapshot: dict[str, Any] = {}

    def client(self) -> ServiceClient:
        return ServiceClient(self.settings.auth_url, transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return self.token({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
        assert (request.method, request.url.path) == ("GET", "/internal/events/snapshot")
        if request.headers["authorization"] != "Bearer service-token":
            return httpx.Response(401)
        return httpx.Response(200, json=self.snapshot)

    def token(self, form: dict[str, str]) -> httpx.Response:
        assert (form["grant_type"], form["scope"]) == ("client_credentials", "security_events")
        claims = jwt.decode(form["client_assertion"], self.key, algorithms=["ES256"]).claims
        assert (claims["iss"], claims["sub"], claims["aud"]) == ("portal", "portal", self.settings.issuer)
        return httpx.Response(200, json={"access_token": "service-token", "expires_in": 300})


def person(name: str, role: str = "client", **changes: Any) -> dict[str, Any]:
    fact = {"id": str(new_id()), "name": name, "role": role, "locale": "en", "time_zone": "Europe/London"}
    return fact | {"disabled_at": None} | changes


def snapshot(people: list[dict[str, Any]], care: list[dict[str, Any]], taken_at: datetime) -> dict[str, Any]:
    return {"people": people, "care_relationships": care, "taken_at": taken_at.isoformat()}


@pytest.fixture
def auth(settings: Settings) -> Auth:
    return Auth(settings)


async def held(superuser: Database, ids: list[str]) -> list[tuple[Any, ...]]:
    async with superuser.sessions() as session:
        people = await session.execute(
            text("SELECT name, role, disabled_at, as_of FROM people WHERE id = ANY (:ids) ORDER BY name"),
            {"ids": [UUID(one) for one in ids]},
        )
        care = await session.execute(
            text("SELECT kind, started_at, ended_at, as_of FROM care_relationships WHERE client_id = ANY (:ids)"),
            {"ids": [UUID(one) for one in ids]},
        )
        return [tuple(row) for row in (*people, *care)]


async def test_it_takes_over_repeats_and_closes(
    auth: Auth, settings: Settings, committed: MigratedDatabase, committed_superuser: Database
):
    worker_url = committed.urls["portal_worker"]
    client, therapist = person("Ash Vale"), person("Dr Bo Lund", "therapist")
    care = {"id": str(new_id()), "client_id": client["id"], "therapist_id": therapist["id"], "kind": "treating"}
    care |= {"started_at": "2026-04-01T00:00:00Z", "ended_at": None}
    ids = [client["id"], therapist["id"]]

    auth.snapshot = snapshot([client, therapist], [care], TAKEN)
    await refresh(settings, worker_url, auth=auth.client())
    first = await held(committed_superuser, ids)
    assert [row[0] for row in first] == ["Ash Vale", "Dr Bo Lund", "treating"]
    await refresh(settings, worker_url, auth=auth.client())
    assert await held(committed_superuser, ids) == first

    later = TAKEN + timedelta(days=1)
    auth.snapshot = snapshot([therapist | {"name": "Dr Bo Lind"}], [], later)
    await refresh(settings, worker_url, auth=auth.client())
    closed = await held(committed_superuser, ids)
    assert [(row[0], row[2]) for row in closed] == [("Ash Vale", later), ("Dr Bo Lind", None), ("treating", later)]

    auth.snapshot = snapshot([client, therapist], [care], TAKEN)  # an older picture, late
    await refresh(settings, worker_url, auth=auth.client())
    assert await held(committed_superuser, ids) == closed


async def test_one_bad_fact_applies_none(
    auth: Auth, settings: Settings, committed: MigratedDatabase, committed_superuser: Database
):
    good, bad = person("Good"), person("Bad", time_zone="Nowhere")
    auth.snapshot = snapshot([good, bad], [], TAKEN + timedelta(days=2))
    with pytest.raises(ValueError, match="time_zone"):
        await refresh(settings, committed.urls["portal_worker"], auth=auth.client())
    assert await held(committed_superuser, [good["id"]]) == []


async def test_auth_that_refuses_is_said(auth: Auth, settings: Settings, committed: MigratedDatabase):
    auth.token = lambda _form: httpx.Response(200, json={"access_token": "x", "expires_in": 9})  # type: ignore[method-assign]  # another token
    with pytest.raises(UpstreamProblem):
        await refresh(settings, committed.urls["portal_worker"], auth=auth.client())

"""Facts from auth: applied again or late they do no harm, and a snapshot closes what it no longer names."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.client import ServiceClient, UpstreamProblem
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.people.facts import (
    CareRelationshipFact,
    PersonFact,
    apply_care_relationship,
    apply_person,
)
from afterglow_messaging.people.models import CareRelationship, PersonCopy
from afterglow_messaging.people.snapshot import refresh
from afterglow_messaging.settings import Settings
from joserfc.jwk import ECKey
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.messaging.practice import Practice

NOW = datetime.now(UTC).replace(microsecond=0)


@asynccontextmanager
async def worker(database: RolledBackDatabase) -> AsyncIterator[AsyncSession]:
    async with database.as_role("messaging_worker"), database.sessions() as session, session.begin():
        yield session


def person_fact(person: Person, **values: Any) -> PersonFact:
    known = {"id": person.id, "name": person.name, "role": person.role, "locale": "en", "time_zone": "UTC"}
    return PersonFact(**known | {"as_of": NOW} | values)


def care_fact(client: Person, therapist: Person, **values: Any) -> CareRelationshipFact:
    known = {"id": new_id(), "client_id": client.id, "therapist_id": therapist.id, "kind": "treating"}
    return CareRelationshipFact(**known | {"started_at": NOW, "as_of": NOW} | values)


async def test_a_newer_fact_replaces_and_an_older_one_does_not(
    database: RolledBackDatabase, client_person: Person
) -> None:
    later, earlier = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
    for as_of, name in ((NOW, "first"), (NOW, "corrected"), (later, "newest"), (earlier, "late")):
        async with worker(database) as session:
            await apply_person(session, person_fact(client_person, name=name, as_of=as_of))
    async with database.arrange() as session:
        assert (await session.get_one(PersonCopy, client_person.id)).name == "newest"


async def test_care_that_ended_is_not_opened_by_a_late_fact(
    database: RolledBackDatabase, client_person: Person, therapist: Person
) -> None:
    began = care_fact(client_person, therapist)
    ended = began.model_copy(update={"ended_at": NOW, "as_of": NOW + timedelta(seconds=1)})
    for fact in (began, ended, began, ended):
        async with worker(database) as session:
            await apply_care_relationship(session, fact)
    async with database.arrange() as session:
        assert (await session.get_one(CareRelationship, began.id)).ended_at == NOW


@pytest.mark.parametrize("change", [{"role": "owner"}, {"as_of": "2026-01-01T00:00:00"}, {"id": "x"}, {"name": None}])
def test_a_fact_that_makes_no_sense_is_refused(client_person: Person, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        person_fact(client_person, **change)


class FakeAuth:
    """Auth's token endpoint and snapshot."""

    def __init__(self) -> None:
        self.snapshot: dict[str, Any] = {"people": [], "care_relationships": [], "taken_at": NOW.isoformat()}
        self.requests: list[httpx.Request] = []
        self.status = 200

    def name(self, *people: Person) -> None:
        self.snapshot["people"] = [
            person_fact(person).model_dump(mode="json", exclude={"as_of"}) | {"added_later": 1} for person in people
        ]

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/auth/token":
            return httpx.Response(200, json={"access_token": "a-token", "expires_in": 300, "token_type": "Bearer"})
        return httpx.Response(self.status, json=self.snapshot)

    @property
    def client(self) -> ServiceClient:
        return ServiceClient("http://auth.test", transport=httpx.MockTransport(self.answer))


@pytest.fixture
def auth() -> FakeAuth:
    return FakeAuth()


@pytest.fixture
def own_settings(settings_values: dict[str, Any]) -> Settings:
    key = ECKey.generate_key("P-256", {"kid": "messaging-1"}, auto_kid=False)
    return Settings(**settings_values, client_id="messaging", client_private_key=json.dumps(key.as_dict(private=True)))


Fetch = Callable[[], Any]


@pytest.fixture
def fetch(own_settings: Settings, auth: FakeAuth, committed: MigratedDatabase) -> Fetch:
    return lambda: refresh(own_settings, committed.urls["messaging_worker"], auth=auth.client)


async def test_a_snapshot_is_taken_over_and_closes_what_it_does_not_name(
    committed_practice: Practice, auth: FakeAuth, fetch: Fetch, client_person: Person, therapist: Person
) -> None:
    auth.name(client_person, therapist)
    care = care_fact(client_person, therapist)
    auth.snapshot["care_relationships"] = [care.model_dump(mode="json", exclude={"as_of"})]
    for _ in range(2):
        await fetch()
    async with committed_practice.arrange() as session:
        copy = await session.get_one(PersonCopy, client_person.id)
        assert (copy.name, copy.role, copy.disabled_at, copy.as_of) == (client_person.name, "client", None, NOW)
        assert (await session.get_one(CareRelationship, care.id)).ended_at is None

    later = NOW + timedelta(minutes=1)
    auth.name(client_person)
    auth.snapshot |= {"care_relationships": [], "taken_at": later.isoformat()}
    await fetch()
    async with committed_practice.arrange() as session:
        assert (await session.get_one(PersonCopy, client_person.id)).disabled_at is None
        assert (await session.get_one(PersonCopy, therapist.id)).disabled_at == later
        assert (await session.get_one(CareRelationship, care.id)).ended_at == later


async def test_the_snapshot_is_asked_for_as_this_service(auth: FakeAuth, fetch: Fetch) -> None:
    await fetch()
    token, snapshot = auth.requests
    form = dict(httpx.QueryParams(token.content.decode()))
    assert (form["grant_type"], form["scope"], form["client_id"]) == (
        "client_credentials",
        "security_events",
        "messaging",
    )
    assert snapshot.url.path == "/internal/events/snapshot"
    assert snapshot.headers["authorization"] == "Bearer a-token"


async def test_a_snapshot_that_is_refused_or_broken_changes_nothing(
    committed_practice: Practice, auth: FakeAuth, fetch: Fetch, client_person: Person
) -> None:
    auth.name(client_person)
    auth.status = 403
    with pytest.raises(UpstreamProblem):
        await fetch()
    auth.status = 200
    auth.snapshot["care_relationships"] = [{"id": "broken"}]
    with pytest.raises(ValidationError):
        await fetch()
    async with committed_practice.arrange() as session:
        assert await session.get(PersonCopy, client_person.id) is None


async def test_auth_out_of_reach_is_said(own_settings: Settings, committed: MigratedDatabase) -> None:
    with pytest.raises(Unavailable):
        await refresh(own_settings, committed.urls["messaging_worker"])

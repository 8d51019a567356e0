"""Who is revoked is refused at every route, however good their token is, and the refusal is kept."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import AuthorizationRevoked, EventType
from afterglow_foundation.security_events.facts import PersonFact
from afterglow_foundation.security_events.polling import RevokedSession
from afterglow_foundation.security_events.tokens import Event
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_foundation.testing.walker import walk
from afterglow_portal.people.receiving import COPY
from fastapi import FastAPI

from tests.portal.arranging import ago, audited, check_in, number_of, put

NOW = datetime.now(UTC)


async def end_session(database: RolledBackDatabase, person: Person) -> None:
    """As the worker does, which applies what auth tells."""
    ended = RevokedSession(session_id=person.session_id, person_id=person.id, revoked_at=NOW)
    async with database.as_role("portal_worker"), database.sessions() as session, session.begin():
        await COPY.apply_revoked(session, [ended])


async def close(database: RolledBackDatabase, person: Person) -> None:
    fact = PersonFact(
        id=person.id, name=person.name, role=person.role, locale="en", time_zone="UTC", disabled_at=NOW, as_of=NOW
    )
    async with database.as_role("portal_worker"), database.sessions() as session, session.begin():
        await COPY.apply_people(session, [fact])


def routes(app: FastAPI, role: str) -> list[tuple[str, str]]:
    """Every guarded route that the role may use and whose answer has a body, with ids filled in."""
    access = app.state.access
    return [
        (route.method, route.path.format_map(defaultdict(new_id)))
        for route in walk(app)
        if route.permission in {str(one) for one in access.grants[role]} and route.method != "HEAD"
    ]


def body(method: str, path: str) -> dict[str, Any] | None:
    if path.endswith("/versions") and method == "POST":
        return check_in(version_id=str(new_id()))
    if path.endswith("/choices"):
        return {"check_ins": "only_me"}
    return check_in() if method == "PUT" else None


@pytest.fixture
async def again(
    known: None, app: FastAPI, issuer: TestIssuer, client_person: Person
) -> AsyncIterator[httpx.AsyncClient]:
    """The same client in another session."""
    del known
    async with open_client(app, issuer.token(client_person, "portal", sid=str(new_id()))) as http:
        yield http


async def test_an_ended_session_is_refused_at_every_route(
    app: FastAPI, as_client: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    entry = await put(as_client)
    await end_session(database, client_person)
    asked = routes(app, "client")
    assert len(asked) > 5
    for method, path in asked:
        answer = await as_client.request(method, path, json=body(method, path))
        assert (answer.status_code, answer.json()["code"]) == (401, "session_revoked"), (method, path)
        assert "invalid_token" in answer.headers["www-authenticate"]
    refusals = await audited(database, "session.revoked")
    assert {(one.outcome, one.subject_id) for one in refusals} == {("refused", client_person.id)}
    assert len(refusals) == len(asked)
    assert await number_of(database, "check_ins") == 1
    assert entry["version"] == 1


async def test_a_therapists_ended_session_is_refused_too(
    app: FastAPI, as_therapist: httpx.AsyncClient, therapist: Person, database: RolledBackDatabase
):
    await end_session(database, therapist)
    for method, path in routes(app, "therapist"):
        assert (await as_therapist.request(method, path, json=body(method, path))).status_code == 401


async def test_a_closed_account_is_refused_at_every_route(
    app: FastAPI, as_client: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    await close(database, client_person)
    asked = routes(app, "client")
    for method, path in asked:
        answer = await as_client.request(method, path, json=body(method, path))
        assert (answer.status_code, answer.json()["code"]) == (403, "account_closed"), (method, path)
    assert len(await audited(database, "person.not_live")) == len(asked)
    assert await number_of(database, "check_ins") == 0


async def test_another_session_of_the_same_person_goes_on(
    as_client: httpx.AsyncClient, again: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    await end_session(database, client_person)
    assert (await as_client.get("/api/portal/check-ins")).status_code == 401
    await put(again)
    assert (await again.get("/api/portal/check-ins")).status_code == 200


async def test_what_a_program_was_allowed_ends_without_the_session(
    app: FastAPI, issuer: TestIssuer, as_client: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    authorization = new_id()
    payload = AuthorizationRevoked(authorization_id=authorization)
    event = Event(new_id(), EventType.authorization_revoked, client_person.id, None, NOW, payload)
    async with open_client(app, issuer.token(client_person, "portal", jti=f"{authorization}.{new_id()}")) as program:
        await put(program)
        async with database.as_role("portal_worker"), database.sessions() as session, session.begin():
            await COPY.apply(session, event)
        for method, path in routes(app, "client"):
            answer = await program.request(method, path, json=body(method, path))
            assert (answer.status_code, answer.json()["code"]) == (401, "session_revoked"), (method, path)
    await put(as_client)


async def test_a_repeat_of_what_was_acknowledged_is_refused_too(
    as_client: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    """An entry that is too old by now is only answered as a repeat: by another way through the code."""
    body = check_in(felt_at=ago(hours=47, minutes=30))
    path = f"/api/portal/check-ins/{new_id()}"
    assert (await as_client.put(path, json=body)).status_code == 201
    too_old = f"/api/portal/check-ins/{new_id()}", check_in(felt_at=ago(days=5))
    assert (await as_client.put(too_old[0], json=too_old[1])).status_code == 422
    await end_session(database, client_person)
    assert (await as_client.put(path, json=body)).status_code == 401
    assert (await as_client.put(too_old[0], json=too_old[1])).status_code == 401


async def test_a_session_of_somebody_elses_ends_nothing_here(
    as_client: httpx.AsyncClient, client_person: Person, other_client: Person, database: RolledBackDatabase
):
    """Ids are unique, but a row that named another person must not be believed of this one."""
    ended = RevokedSession(session_id=client_person.session_id, person_id=other_client.id, revoked_at=NOW)
    async with database.as_role("portal_worker"), database.sessions() as session, session.begin():
        await COPY.apply_revoked(session, [ended])
    await put(as_client)


async def test_while_too_little_is_heard_staff_wait_and_clients_go_on(
    app: FastAPI, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient
):
    app.state.feed.begin()
    await put(as_client)
    assert (await as_client.get("/api/portal/check-ins")).status_code == 200
    for method, path in routes(app, "therapist"):
        answer = await as_therapist.request(method, path, json=body(method, path))
        assert (answer.status_code, answer.json()["code"]) == (503, "stale_feed"), (method, path)
        assert answer.headers["retry-after"] == "5"
    app.state.feed.hear()
    assert (await as_therapist.get("/api/portal/caseload")).status_code == 200

"""Who is revoked is refused at every route, however good their token is, and the refusal is kept."""

from datetime import UTC, datetime

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.polling import RevokedSession
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.people.receiving import COPY

from tests.messaging.practice import Pair, Practice
from tests.messaging.test_access import guarded

NOW = datetime.now(UTC)


async def ask_all(http: httpx.AsyncClient, routes: list[tuple[str, str]], status: int, code: str) -> None:
    """Each is refused in the same way; HEAD without words."""
    for method, path in routes:
        body = {"sequence": 1} if path.endswith("read-mark") else {"text": "hello"}
        answer = await http.request(method, path, json=body)
        assert answer.status_code == status, (method, path)
        assert method == "HEAD" or answer.json()["code"] == code, (method, path)


async def end_session(database: RolledBackDatabase, person: Person) -> None:
    """As the worker does, which applies what auth tells."""
    ended = RevokedSession(session_id=person.session_id, person_id=person.id, revoked_at=NOW)
    async with database.as_role("messaging_worker"), database.sessions() as session, session.begin():
        await COPY.apply_revoked(session, [ended])


@pytest.mark.parametrize("role", [Role.client, Role.therapist])
async def test_an_ended_session_is_refused_at_every_route(
    practice: Practice, pair: Pair, database: RolledBackDatabase, role: Role
) -> None:
    person = pair.client if role == Role.client else pair.therapist
    await practice.send(pair, person, "before")
    await end_session(database, person)
    asked = guarded(practice.app, pair, role)
    async with practice.signed_in(person) as http:
        await ask_all(http, asked, 401, "session_revoked")
    refusals = await practice.audited(action="session.revoked", outcome="refused")
    assert [one.subject_id for one in refusals] == [person.id] * len(asked)
    assert len(await practice.audited(action="message.sent", outcome="success")) == 1


async def test_a_closed_account_is_refused_at_every_route(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "before")
    await practice.know(pair.client, disabled_at=NOW)
    async with practice.signed_in(pair.client) as http:
        await ask_all(http, guarded(practice.app, pair, Role.client), 403, "account_closed")


async def test_a_repeat_of_what_was_stored_is_refused_too(
    practice: Practice, pair: Pair, database: RolledBackDatabase
) -> None:
    message_id = new_id()
    await practice.send(pair, pair.client, "once", message_id)
    await end_session(database, pair.client)
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(f"{pair.messages}/{message_id}", json={"text": "once"})).status_code == 401


async def test_another_session_of_the_same_person_goes_on(
    practice: Practice, pair: Pair, database: RolledBackDatabase
) -> None:
    await end_session(database, pair.client)
    elsewhere = Person(Role.client, pair.client.name, pair.client.id)
    await practice.send(pair, elsewhere, "from another browser")


async def test_what_a_program_was_allowed_ends_without_the_session(
    practice: Practice, pair: Pair, database: RolledBackDatabase
) -> None:
    authorization = new_id()
    ended = RevokedSession(session_id=authorization, person_id=pair.client.id, revoked_at=NOW)
    async with practice.signed_in(pair.client, jti=f"{authorization}.{new_id()}") as http:
        assert (await http.put(f"{pair.messages}/{new_id()}", json={"text": "before"})).status_code == 201
        async with database.as_role("messaging_worker"), database.sessions() as session, session.begin():
            await COPY.apply_revoked(session, [ended])
        await ask_all(http, guarded(practice.app, pair, Role.client), 401, "session_revoked")
    await practice.send(pair, pair.client, "from another program")


async def test_while_too_little_is_heard_staff_wait_and_clients_go_on(practice: Practice, pair: Pair) -> None:
    practice.app.state.feed.begin()
    await practice.send(pair, pair.client, "heard all the same")
    async with practice.signed_in(pair.therapist) as http:
        await ask_all(http, guarded(practice.app, pair, Role.therapist), 503, "stale_feed")
    practice.app.state.feed.hear()
    assert len(await practice.read(pair, pair.therapist)) == 1

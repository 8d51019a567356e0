"""Role by route: every route that the walker finds, for everybody who could try it."""

import re
from uuid import UUID

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_foundation.testing.walker import GuardedRoute, walk
from afterglow_web.base import AuditEvent
from afterglow_web.permissions import access
from fastapi import FastAPI
from sqlalchemy import select

from tests.web.browser import Browser, words
from tests.web.fake_accounts import FakeAccounts, account, link
from tests.web.fake_emergencies import emergency
from tests.web.fake_messaging import FakeMessaging
from tests.web.fake_portal import FakePortal, check_in
from tests.web.live.streaming import EventSource

SOMEONE = "0195e3a0-0000-7000-8000-0000000000aa"
KEPT_FORMS = {
    "/check-ins",
    "/check-ins/{check_in_id}/change",
    "/clients/{client_id}/course/long-term",
    "/clients/{client_id}/course/plan",
    "/clients/{client_id}/course/sessions/new",
    "/clients/{client_id}/course/sessions/{session_id}/day/{sheet}",
    "/clients/{client_id}/course/sessions/{session_id}/cancellation",
    "/clients/{client_id}/course/sessions/{session_id}/dose",
    "/clients/{client_id}/course/sessions/{session_id}/doses/{administration_id}/correction",
    "/clients/{client_id}/course/sessions/{session_id}/doses/{administration_id}/withdrawal",
    "/clients/{client_id}/course/sessions/{session_id}/summary",
    "/clients/{client_id}/course/sessions/{session_id}/tasks/new",
    "/clients/{client_id}/course/sessions/{session_id}/time",
    "/clients/{client_id}/process-notes/new",
    "/clients/{client_id}/process-notes/{note_id}/change",
    "/clients/{client_id}/sealed-notes/{author_id}/opening",
    "/conversations/{conversation_id}/insertion",
    "/conversations/{conversation_id}/later",
    "/conversations/{conversation_id}/later/{message_id}",
    "/conversations/{conversation_id}/messages",
    "/conversations/{conversation_id}/messages/{message_id}/correction",
    "/emergencies/{grant_id}",
    "/emergency",
    "/journal/{entry_id}",
    "/journal/{entry_id}/draft",
    "/journal/{entry_id}/lines",
    "/messages/answers/new",
    "/messages/answers/{answer_id}",
    "/path/preferences/change",
    "/quiet/words",
    "/people/invite",
    "/practice/settings/{section}",
    "/programs/new",
    "/programs/{program_id}/change",
    "/programs/{program_id}/keys",
}
PUBLIC = {
    *(
        "/",
        "/callback",
        "/help",
        "/leave",
        "/livez",
        "/manifest.webmanifest",
        "/metrics",
        "/offline",
        "/offline/check-in",
    ),
    *("/offline/check-in", "/readyz", "/service-worker.js", "/session", "/sign-in", "/signed-out"),
}


def address(route: GuardedRoute) -> str:
    return re.sub(r"{\w+}", SOMEONE, route.path)


async def ask(app: FastAPI, browser: Browser, route: GuardedRoute, person: Person | None = None) -> tuple[int, str]:
    if route.path == "/live":
        source = EventSource(app, browser.cookie)
        begun = await source.begun()
        await source.close()
        return begun["status"], ""
    whose = {"afterglow-person": str(person.id)} if person else {}
    if route.method == "PUT":
        answer = await browser.put(address(route), json={"mood": 1}, headers=whose)
    elif route.method == "PATCH":
        answer = await browser.patch(address(route), headers=whose | {"upload-offset": "0"}, content=b"sound")
    elif route.method == "POST":
        answer = await browser.post(address(route), {"visibility": "only_me", "mood": "1", "id": SOMEONE})
    else:
        answer = await browser.get(address(route))
    return answer.status_code, answer.headers.get("location", "")


def test_only_these_are_public(app: FastAPI) -> None:
    assert {route.path for route in walk(app) if route.permission is None} == PUBLIC


async def test_nobody(app: FastAPI, browser: Browser, portal: FakePortal, messaging: FakeMessaging) -> None:
    for route in walk(app):
        status, location = await ask(app, browser, route)
        if route.permission is None:
            assert status in {200, 303, 400, 503}, route
        elif (
            route.method in {"PATCH", "PUT"}
            or route.path == "/live"
            or (route.method == "POST" and route.path in KEPT_FORMS)
        ):
            assert status == 401, route  # programs are told, and so is a person whose words would be lost on the way
        else:
            assert (status, location.startswith("/sign-in")) == (303, True), route
    assert portal.requests == messaging.requests == []


@pytest.mark.parametrize("role", [Role.admin, Role.client, Role.therapist])
async def test_each_role(
    *,
    app: FastAPI,
    browser: Browser,
    portal: FakePortal,
    accounts: FakeAccounts,
    database: RolledBackDatabase,
    role: Role,
) -> None:
    person = Person(role, "Somebody")
    live_at_auth(accounts)
    portal.clients[SOMEONE] = {"id": SOMEONE, "name": "Ada", "time_zone": "UTC", "since": "2026-01-01T00:00:00Z"}
    portal.versions = [check_in(id=SOMEONE)]
    await browser.open_signed_in(person)
    refused = []
    for route in walk(app):
        if route.permission is None or route.path == "/sign-out":
            continue
        allowed = route.permission in access.grants[role]
        status, location = await ask(app, browser, route, person)
        assert (status == 403) is not allowed, route
        assert status < 500, route
        assert "/sign-in" not in location
        refused += [] if allowed else [route.permission]
    async with database.arrange() as session:
        events = await session.execute(select(AuditEvent).where(AuditEvent.outcome == "refused"))  # type: ignore[arg-type]  # SQLModel types columns as their values
        found = list(events.scalars())
    assert sorted(event.action for event in found) == sorted(refused)
    assert {event.actor_id for event in found} == {person.id}


def live_at_auth(accounts: FakeAccounts) -> None:
    """Somebody, their invitation, care, a cover and a proposal, all of the one id that every route is asked with."""
    guest = account(1, state="invited", joined_at=None) | {"id": SOMEONE}
    therapist = account(2, role="therapist")
    accounts.people = [guest | {"invitation": link(guest, SOMEONE)}, therapist]
    accounts.treat(guest, therapist, id=SOMEONE)
    accounts.cover(therapist, account(3, role="therapist"), id=SOMEONE)
    accounts.emergencies.grants = [emergency(id=SOMEONE)]
    accounts.propose(SOMEONE, "invite", therapist)
    accounts.desk.register(client_id=SOMEONE)


async def test_a_client_of_somebody_else(browser: Browser, therapist: Person) -> None:
    await browser.open_signed_in(therapist)
    answer = await browser.get(f"/clients/{UUID(SOMEONE)}")
    assert answer.status_code == 404
    assert "There is nothing here" in words(answer)

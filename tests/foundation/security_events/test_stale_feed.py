"""A service that has not heard from auth for half a minute: who is still answered, and who is not."""

import time
from collections.abc import AsyncIterator
from enum import StrEnum
from types import SimpleNamespace
from typing import Annotated, cast

import httpx
import pytest
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.permissions import AccessControl, require
from afterglow_foundation.security_events.feed import Feed
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.testing.people import Person
from fastapi import APIRouter, FastAPI

from tests.foundation.tiny import Tiny


class Permission(StrEnum):
    bye_say = "bye:say"
    exports_make = "exports:make"
    things_read = "things:read"


ALL = set(Permission)
ACCESS = AccessControl(
    {Role.client: ALL, Role.therapist: ALL, Role.admin: ALL, Role.service: ALL},
    privileged={Permission.exports_make},
    harmless={Permission.bye_say},
)


def routes() -> APIRouter:
    router = APIRouter()
    for permission in Permission:
        needed = Annotated[Caller, require(permission)]

        async def answer(_: needed) -> None:  # type: ignore[valid-type]  # made in a loop, as FastAPI reads it
            """Say nothing."""

        router.add_api_route(f"/{permission.name}", answer)
    return router


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def app(tiny: Tiny, feed: Feed) -> FastAPI:
    receiver = cast("Receiver", SimpleNamespace(feed=feed, lifespan=None))
    return tiny.app(routes(), access=ACCESS, receiver=receiver)


@pytest.fixture
async def http(tiny: Tiny, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with tiny.signed_in(app) as client:
        yield client


def age(feed: Feed, seconds: float) -> None:
    """Have heard from auth that long ago."""
    feed._heard_at = time.monotonic() - seconds


async def statuses(tiny: Tiny, http: httpx.AsyncClient, role: str) -> dict[str, int]:
    person = Person(Role(role), "Somebody")
    headers = {"authorization": f"Bearer {tiny.issuer.token(person, 'things')}"}
    answers = {permission.name: await http.get(f"/{permission.name}", headers=headers) for permission in Permission}
    assert all(
        (answer.json()["code"], answer.headers["retry-after"]) == ("stale_feed", "5")
        for answer in answers.values()
        if answer.status_code == 503
    )
    return {name: answer.status_code for name, answer in answers.items()}


@pytest.mark.parametrize(
    ("role", "answered"),
    [
        ("client", {"things_read", "bye_say"}),
        ("therapist", {"bye_say"}),
        ("admin", {"bye_say"}),
        ("service", {"things_read", "bye_say"}),
    ],
)
async def test_who_is_answered_while_the_feed_is_stale(
    *, tiny: Tiny, http: httpx.AsyncClient, feed: Feed, role: str, answered: set[str]
):
    age(feed, 29)
    assert set((await statuses(tiny, http, role)).values()) == {200}
    age(feed, 31)
    assert await statuses(tiny, http, role) == {one.name: 200 if one.name in answered else 503 for one in Permission}
    feed.hear()
    assert set((await statuses(tiny, http, role)).values()) == {200}


async def test_until_something_was_heard_it_is_stale_and_not_ready(tiny: Tiny, http: httpx.AsyncClient, feed: Feed):
    assert (await http.get("/readyz")).json()["feed"] is True  # nobody follows: a test
    feed.begin()
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["feed"]) == (503, False)
    assert (await statuses(tiny, http, "therapist"))["things_read"] == 503
    feed.hear()
    assert (await http.get("/readyz")).json()["feed"] is True


async def test_who_has_no_permission_is_told_that_and_not_to_come_back(tiny: Tiny, feed: Feed, client_person: Person):
    receiver = cast("Receiver", SimpleNamespace(feed=feed, lifespan=None))
    app = tiny.app(routes(), access=AccessControl({Role.client: {Permission.bye_say}}), receiver=receiver)
    feed.begin()
    async with tiny.signed_in(app, client_person) as http:
        assert (await http.get("/exports_make")).status_code == 403
    async with tiny.signed_in(app) as http:
        assert (await http.get("/exports_make")).status_code == 401


async def test_the_age_is_measured(http: httpx.AsyncClient, feed: Feed):
    feed.begin()
    line = next(line for line in (await http.get("/metrics")).text.splitlines() if line.startswith("security_feed_age"))
    assert float(line.split()[1]) > 30

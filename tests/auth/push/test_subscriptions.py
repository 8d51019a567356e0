"""Everybody's own browsers: added once, at most ten, read back by nobody, and gone when everything ends."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.main import assemble
from afterglow_auth.push.forgetting import FORGET_BROWSERS, forget_browsers
from afterglow_auth.push.models import PushSubscription
from afterglow_auth.push.service import MOST, opened
from afterglow_auth.sessions.service import end_other_sessions, end_sessions_of
from afterglow_auth.settings import Settings
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import Job
from afterglow_foundation.sealing import SealBrokenError
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import select, text

from tests.auth.arranging import Browser, Desk, Program, audited, queued
from tests.auth.push.receiving import Receiver, decode

HERE, WAY = "/push-subscriptions", "/notice-way"


@pytest_asyncio.fixture(loop_scope="session")
async def as_person(browser: Browser, person: Person, web: Program) -> Desk:
    return await Desk.of(browser, person, web)


@pytest_asyncio.fixture(loop_scope="session")
async def admin(other_browser: Browser, staff: dict[str, Person], web: Program) -> Desk:
    return await Desk.of(other_browser, staff["admin"], web)


async def add(desk: Desk, body: dict[str, Any] | None = None, identifier: object = None) -> httpx.Response:
    return await desk.put(f"{HERE}/{identifier or new_id()}", json=body or Receiver().subscription)


async def stored(database: RolledBackDatabase) -> list[PushSubscription]:
    async with database.arrange() as session:
        return list(await session.scalars(select(PushSubscription).order_by(text("id"))))


async def test_a_browser_is_added_once_and_listed_without_its_address(
    as_person: Desk, database: RolledBackDatabase, person: Person
):
    before = await as_person.get(HERE)
    assert (before["items"], len(decode(before["public_key"]))) == ([], 65)
    browser, identifier = Receiver(), new_id()
    answers = [await add(as_person, browser.subscription, identifier) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    listed = await as_person.get(HERE)
    assert [one.keys() for one in listed["items"]] == [{"id", "added_at"}]
    assert listed["items"][0] == answers[0].json() == answers[1].json()
    events = await audited(database, "push_subscription:added")
    assert [(event.actor_id, event.subject_id, event.object_id) for event in events] == [
        (person.id, person.id, identifier)
    ]


async def test_it_lies_sealed_and_opens_in_its_own_row_only(
    as_person: Desk, database: RolledBackDatabase, with_key: Settings
):
    browser = Receiver()
    await add(as_person, browser.subscription)
    [row] = await stored(database)
    provider = assemble(with_key, database)
    assert browser.endpoint.encode() not in row.sealed
    assert (await opened(provider, row)).model_dump() == browser.subscription
    with pytest.raises(SealBrokenError):
        await opened(provider, row.model_copy(update={"person_id": new_id()}))


async def test_an_id_that_stands_for_another_one_is_refused(as_person: Desk):
    identifier = new_id()
    await add(as_person, identifier=identifier)
    answer = await add(as_person, identifier=identifier)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_the_same_browser_under_another_id_stands_there_once(as_person: Desk):
    browser, last = Receiver(), new_id()
    await add(as_person, browser.subscription)
    assert (await add(as_person, browser.subscription, last)).status_code == 201
    assert [one["id"] for one in (await as_person.get(HERE))["items"]] == [str(last)]


async def test_there_are_ten_at_most(as_person: Desk):
    browsers = [Receiver() for _ in range(MOST)]
    for browser in browsers:
        assert (await add(as_person, browser.subscription)).status_code == 201
    answer = await add(as_person)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_browsers")
    assert (await add(as_person, browsers[0].subscription)).status_code == 201  # it is there already
    assert len((await as_person.get(HERE))["items"]) == MOST


async def test_it_is_removed_by_its_owner_and_by_nobody_else(
    as_person: Desk, admin: Desk, database: RolledBackDatabase
):
    identifier = new_id()
    await add(as_person, identifier=identifier)
    assert (await admin.ask("DELETE", f"{HERE}/{identifier}")).status_code == 404
    assert (await admin.get(HERE))["items"] == []
    assert (await add(admin, identifier=identifier)).status_code == 409
    statuses = [(await as_person.ask("DELETE", f"{HERE}/{identifier}")).status_code for _ in range(2)]
    assert statuses == [204, 404]
    outcomes = Counter(event.outcome for event in await audited(database, "push_subscription:removed"))
    assert outcomes == {"refused": 2, "success": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoint", "ftp://push.example/x"),
        ("endpoint", "push.example/x"),
        ("endpoint", "https://user:word@push.example/x"),
        ("endpoint", "https://push.example/x#part"),
        ("endpoint", "https://push.example/" + "x" * 1000),
        ("endpoint", ""),
        ("keys.p256dh", "AAAA"),
        ("keys.p256dh", "B" * 87),
        ("keys.p256dh", "é"),
        ("keys.auth", "AAAA"),
        ("keys.auth", "!" * 22),
        ("keys.more", "x"),
        ("person_id", "x"),
    ],
)
async def test_what_no_browser_says_is_refused_by_its_name(as_person: Desk, field: str, value: str):
    body = Receiver().subscription
    part, _, key = field.rpartition(".")
    (body["keys"] if part else body)[key] = value
    answer = await add(as_person, body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
    assert (await as_person.get(HERE))["items"] == []


async def test_a_browser_makes_its_own_ids(as_person: Desk):
    assert (await add(as_person, identifier="11111111-1111-4111-8111-111111111111")).status_code == 422


async def test_a_way_is_chosen_and_kept_once(as_person: Desk, database: RolledBackDatabase):
    assert await as_person.get(WAY) == {"way": "mail"}
    for _ in range(2):
        assert (await as_person.put(WAY, json={"way": "push"})).json() == {"way": "push"}
    assert await as_person.get(WAY) == {"way": "push"}
    assert (await as_person.put(WAY, json={"way": "pigeon"})).status_code == 422
    assert len(await audited(database, "notice_way:chosen")) == 1


async def end_all(database: RolledBackDatabase, person: Person, how: str) -> None:
    async with database.unit_of_work(RowContext(new_id(), Role.admin)) as session:
        match how:
            case "disabled":
                await disable(session, person.id)
            case "signed out everywhere":
                await end_sessions_of(session, person.id)
            case "signed out everywhere else":
                await end_other_sessions(session, person.id, keep=new_id())


@pytest.mark.parametrize("how", ["disabled", "signed out everywhere", "signed out everywhere else"])
async def test_when_everything_ends_no_browser_is_left(
    as_person: Desk, admin: Desk, database: RolledBackDatabase, person: Person, how: str
):
    await add(as_person)
    await add(admin)
    await end_all(database, person, how)
    [(payload, _)] = await queued(database, FORGET_BROWSERS)
    async with database.as_role("auth_worker"):
        await forget_browsers(database, Job(1, FORGET_BROWSERS, payload, 0))
    assert [one.person_id for one in await stored(database)] == [admin.person.id]


async def test_what_was_added_since_stays(as_person: Desk, database: RolledBackDatabase, person: Person):
    ended = {"person": str(person.id), "until": datetime.now(UTC).isoformat()}
    await add(as_person)
    async with database.as_role("auth_worker"):
        await forget_browsers(database, Job(1, FORGET_BROWSERS, ended, 0))
    assert [one.person_id for one in await stored(database)] == [person.id]


async def test_rows_are_their_owners_alone(as_person: Desk, database: RolledBackDatabase):
    await add(as_person)
    for context in (RowContext(), RowContext(new_id(), Role.admin), RowContext(new_id(), Role.therapist)):
        async with database.unit_of_work(context) as session:
            assert (await session.execute(text("SELECT id FROM push_subscriptions"))).all() == []
            assert (await session.execute(text("DELETE FROM push_subscriptions RETURNING id"))).all() == []
    assert len(await stored(database)) == 1

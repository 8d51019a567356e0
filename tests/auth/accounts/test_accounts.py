"""The accounts API: admins list everybody, anyone reads themselves; importing people."""

from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import NewPerson, import_people
from afterglow_foundation.testing.databases import RolledBackDatabase
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, ProgrammingError

from tests.auth.arranging import Browser, Program, Scene, add_person, audited, new_person


async def bearer(browser: Browser, person: Person, web: Program) -> dict[str, str]:
    return {"authorization": f"Bearer {(await browser.tokens(person.email, web))['access_token']}"}


async def test_an_admin_lists_everybody_page_by_page(
    browser: Browser, staff: dict[str, Person], person: Person, web: Program, database: RolledBackDatabase
):
    headers = await bearer(browser, staff["admin"], web)
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    for _ in range(3):
        page = (
            await browser.client.get("/api/accounts/people", params={"limit": "1", **after}, headers=headers)
        ).json()
        found += page["items"]
        after = {"after": page["next"] or ""}
    everybody = sorted((person, *staff.values()), key=lambda one: one.name.lower())
    assert [item["name"] for item in found] == [one.name for one in everybody]
    assert page["next"] is None
    moments = {"created_at", "disabled_at", "joined_at", "last_sign_in_at"}
    assert set(found[0]) == {"id", "name", "email", "role", "state"} | moments
    assert "$argon2" not in str(found)
    events = await audited(database, "people:listed")
    assert [event.actor_id for event in events] == [staff["admin"].id] * 3


@pytest.mark.usefixtures("person")
async def test_an_admin_searches_by_words(browser: Browser, staff: dict[str, Person], web: Program):
    headers = await bearer(browser, staff["admin"], web)

    async def search(words: str) -> list[str]:
        answer = await browser.client.get("/api/accounts/people", params={"q": words}, headers=headers)
        return [item["name"] for item in answer.json()["items"]]

    assert await search("rowan") == ["Rowan Hale"]
    assert await search("the THERA") == ["The therapist"]
    assert await search("%") == []
    assert await search("_") == []
    for bad in ({"limit": "0"}, {"limit": "101"}, {"after": "x"}, {"q": "\x00"}, {"q": "q" * 201}):
        answer = await browser.client.get("/api/accounts/people", params=bad, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_others_read_only_themselves(scene: Scene, other_browser: Browser, staff: dict[str, Person]):
    browser, person, web, database = scene
    for who, visitor in ((person, browser), (staff["therapist"], other_browser)):
        headers = await bearer(visitor, who, web)
        refused = await visitor.client.get("/api/accounts/people", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        own = (await visitor.client.get("/api/accounts/me", headers=headers)).json()
        assert (own["id"], own["email"], own["time_zone"]) == (str(who.id), who.email, who.time_zone)
    refusals = await audited(database, "people:read")
    assert [(event.actor_id, event.outcome) for event in refusals] == [
        (person.id, "refused"),
        (staff["therapist"].id, "refused"),
    ]


async def test_importing_twice_makes_nobody_twice(database: RolledBackDatabase):
    new = [new_person(email="ada@example.org"), new_person("therapist", email="Mei@example.org")]
    again = [new_person(email="ADA@example.org", name="Other"), *new]
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        first = await import_people(session, new)
        second = await import_people(session, again)
    assert [one.id for one in second] == [first[0].id, first[0].id, first[1].id]
    assert second[0].name == "Rowan Hale"
    assert len(await audited(database, "person:created")) == 2


async def test_an_address_belongs_to_one_person_however_it_is_written(database: RolledBackDatabase):
    async with database.arrange() as session:
        first = await add_person(session, email="ada@example.org")
    with pytest.raises(IntegrityError):
        async with database.arrange() as session:
            session.add(Person(**(first.model_dump(exclude={"id"}) | {"email": "ADA@EXAMPLE.ORG"})))


async def test_the_role_that_answers_requests_makes_nobody(database: RolledBackDatabase):
    with pytest.raises(ProgrammingError, match="violates row-level security"):
        async with database.sessions() as session, session.begin():
            await add_person(session)
    async with database.arrange() as session:
        assert (await session.scalars(select(Person))).all() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "no address"},
        {"email": "a@b\x00"},
        {"name": ""},
        {"role": "service"},
        {"role": "owner"},
        {"password": "fourteen chars"},
        {"password": "x" * 1025},
        {"time_zone": "Mars/Base"},
        {"locale": "../en"},
        {"is_superuser": True},
    ],
)
def test_who_cannot_be_added(changes: dict[str, Any]):
    with pytest.raises(ValidationError):
        NewPerson(**({"email": "a@b", "name": "A", "role": "client", "password": "p" * 15} | changes))

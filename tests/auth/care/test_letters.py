"""Client and therapist are told when care begins and ends, each once, and never about whom."""

from datetime import UTC, datetime

from afterglow_auth.accounts.models import Person
from afterglow_auth.care.service import assign
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI

from tests.auth.arranging import Desk, letters


async def test_both_are_told_of_the_beginning_and_of_the_end(
    app: FastAPI, desk: Desk, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    path = f"/care-relationships/{new_id()}"
    body = {"client_id": str(person.id), "therapist_id": str(staff["therapist"].id)}
    for _ in range(2):
        await desk.put(path, body)
    told = await letters(app, database)
    assert [(one.letter, one.to) for one in told] == [
        ("care_changed", person.id),
        ("care_changed", staff["therapist"].id),
    ]
    texts = [one.mail.text for one in told if one.mail]
    assert "Who looks after you" in texts[0]
    assert "Whom you look after" in texts[1]
    assert not any(name in text for text in texts for name in (person.name, staff["therapist"].name))
    for _ in range(2):
        await desk.put(f"{path}/end")
    assert len(await letters(app, database)) == 4


async def test_somebody_invited_is_told_where_they_will_see_it(
    app: FastAPI, desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    invited = await desk.invite()
    body = {"client_id": invited["person_id"], "therapist_id": str(staff["therapist"].id)}
    await desk.put(f"/care-relationships/{new_id()}", body)
    (told,) = [one.mail for one in await letters(app, database) if one.letter == "care_changed"][:1]
    assert told
    assert "once you have chosen how you sign in" in told.text


async def test_care_that_began_elsewhere_is_no_news(
    person: Person, staff: dict[str, Person], app: FastAPI, database: RolledBackDatabase
):
    async with database.arrange() as session:
        await assign(session, person.id, staff["therapist"].id, started_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert await letters(app, database) == []

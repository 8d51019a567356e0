"""Facts from auth: repeated or out of order, the newest holds."""

from datetime import timedelta
from itertools import permutations

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.facts import CareRelationshipFact, PersonFact
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_portal.people.receiving import COPY
from pydantic import ValidationError
from sqlalchemy import text

from tests.portal.arranging import LONG_AGO


async def test_the_newest_fact_holds_whatever_the_order(database: RolledBackDatabase):
    person = new_id()
    told = [
        PersonFact(
            id=person,
            name=name,
            role=Role.client,
            locale="en",
            time_zone="Europe/London",
            disabled_at=LONG_AGO if name == "second" else None,
            as_of=LONG_AGO + timedelta(hours=hour),
        )
        for hour, name in enumerate(("first", "second", "third"))
    ]
    for order in permutations(told):
        async with database.as_role("portal_worker"), database.sessions() as session, session.begin():
            for fact in (*order, *order):
                await COPY.apply_people(session, [fact])
            found = (await session.execute(text("SELECT name, disabled_at FROM people"))).all()
            assert [tuple(row) for row in found] == [("third", None)]
            await session.rollback()


async def test_an_end_of_care_told_before_its_beginning_stays(database: RolledBackDatabase):
    begun = CareRelationshipFact(
        id=new_id(), client_id=new_id(), therapist_id=new_id(), kind="treating", started_at=LONG_AGO, as_of=LONG_AGO
    )
    later = LONG_AGO + timedelta(days=1)
    ended = begun.model_copy(update={"ended_at": later, "as_of": later})
    async with database.as_role("portal_worker"), database.sessions() as session, session.begin():
        for fact in (ended, begun, ended):
            await COPY.apply_care(session, [fact])
        assert await session.scalar(text("SELECT ended_at FROM care_relationships")) == later


@pytest.mark.parametrize("change", [{"time_zone": "Nowhere"}, {"role": "owner"}, {"as_of": "2026-01-01"}])
def test_a_fact_that_cannot_be_true_is_refused(change: dict[str, str]):
    fact = {"id": str(new_id()), "name": "A", "role": "client", "locale": "en", "time_zone": "UTC"}
    with pytest.raises(ValidationError):
        PersonFact.model_validate(fact | {"as_of": "2026-01-01T00:00:00Z"} | change)

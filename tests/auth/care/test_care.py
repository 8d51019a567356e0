"""Care relationships: between a client and a therapist, one live per pair, never by oneself."""

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.care.service import assign, end
from afterglow_auth.problems import OwnAccount, UnfitPair
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.testing.databases import RolledBackDatabase

from tests.auth.arranging import audited


async def test_assigning_twice_makes_one_and_after_an_end_a_new_one(
    database: RolledBackDatabase, person: Person, staff: dict[str, Person]
):
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        first = await assign(session, person.id, staff["therapist"].id)
        assert (await assign(session, person.id, staff["therapist"].id)).id == first.id
        await end(session, first.id)
        await end(session, first.id)
        assert (await assign(session, person.id, staff["therapist"].id)).id != first.id
    assert [event.subject_id for event in await audited(database, "care:assigned")] == [person.id] * 2
    assert len(await audited(database, "care:ended")) == 1


async def test_only_a_client_and_a_therapist_with_live_accounts(
    database: RolledBackDatabase, person: Person, staff: dict[str, Person]
):
    therapist, admin = staff["therapist"], staff["admin"]
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        for pair in ((person, admin), (therapist, person), (person, person), (therapist, therapist)):
            with pytest.raises(UnfitPair) as refused:
                await assign(session, pair[0].id, pair[1].id)
            fits = {"client_id": pair[0] is person, "therapist_id": pair[1] is therapist}
            assert {error.field for error in refused.value.errors} == {field for field, fit in fits.items() if not fit}
        await disable(session, therapist.id)
        with pytest.raises(UnfitPair) as refused:
            await assign(session, person.id, therapist.id)
        assert [error.message for error in refused.value.errors] == ["This is no therapist with a live account."]
    assert await audited(database, "care:assigned") == []


async def test_nobody_assigns_themselves(database: RolledBackDatabase, person: Person, staff: dict[str, Person]):
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        for one in (staff["therapist"], person):
            with pytest.raises(OwnAccount, match="themselves"):
                await assign(session, person.id, staff["therapist"].id, caller=Caller(one.id, Role(one.role)))

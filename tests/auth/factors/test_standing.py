"""By what means somebody can prove who they are, and how all of it is taken away."""

import time

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import lock
from afterglow_auth.events.models import EventReceiver, SecurityEvent
from afterglow_auth.factors.standing import Standing, standing
from afterglow_auth.factors.taking import take_all_away
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.totp import service as totp
from afterglow_foundation.database import RowContext
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from pyotp import TOTP
from sqlalchemy import select
from sqlmodel import col

from tests.auth.arranging import Program, audited, letters
from tests.auth.passkeys.arranging import phone_of

NOBODY = RowContext()


@pytest.fixture
def provider(app: FastAPI) -> IdentityProvider:
    made: IdentityProvider = app.state.provider
    return made


async def of(provider: IdentityProvider, person: Person) -> Standing:
    async with provider.database.unit_of_work(NOBODY) as session:
        return await standing(session, person)


async def set_up_app(provider: IdentityProvider, person: Person) -> None:
    async with provider.database.unit_of_work(NOBODY) as session:
        made = await totp.begin(session, provider, person)
        assert await totp.confirm(session, provider, person, TOTP(made.secret).at(time.time()))


async def test_a_password_alone_is_no_second_factor(provider: IdentityProvider, person: Person):
    found = await of(provider, person)
    assert (found.has_password, found.passkeys, found.has_totp, found.codes_left) == (True, 0, False, 0)
    assert not found.has_second
    assert found.can_confirm


async def test_an_app_counts_once_it_is_confirmed(provider: IdentityProvider, person: Person):
    async with provider.database.unit_of_work(NOBODY) as session:
        await totp.begin(session, provider, person)
    assert not (await of(provider, person)).has_second
    await set_up_app(provider, person)
    found = await of(provider, person)
    assert found.has_totp
    assert found.has_second


async def test_a_passkey_is_both(provider: IdentityProvider, person: Person, database: RolledBackDatabase):
    await phone_of(provider, person)
    async with database.arrange() as session:
        (await session.get_one(Person, person.id)).password_hash = None
    found = await of(provider, person)
    assert (found.has_password, found.passkeys, found.has_second, found.can_confirm) == (False, 1, True, True)


async def test_recovery_codes_are_no_factor_of_their_own(provider: IdentityProvider, person: Person):
    async with provider.database.unit_of_work(NOBODY) as session:
        codes = await recovery_codes.make(session, provider.digests, person)
    found = await of(provider, person)
    assert (found.codes_left, found.codes_saved, found.has_second) == (10, False, False)
    async with provider.database.unit_of_work(NOBODY) as session:
        await recovery_codes.mark_saved(session, person.id)
        assert await recovery_codes.use(session, provider.digests, person.id, codes[0])
    found = await of(provider, person)
    assert (found.codes_left, found.codes_saved) == (9, True)


async def test_others_factors_are_not_theirs(provider: IdentityProvider, person: Person, staff: dict[str, Person]):
    await phone_of(provider, staff["admin"])
    await set_up_app(provider, staff["admin"])
    assert not (await of(provider, person)).has_second


async def test_everything_is_taken_away_at_once_by_the_worker_too(
    app: FastAPI, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    provider = app.state.provider
    for one in (person, staff["admin"]):
        await phone_of(provider, one)
        await set_up_app(provider, one)
        async with provider.database.unit_of_work(NOBODY) as session:
            await recovery_codes.make(session, provider.digests, one)
    told = len(await letters(app, database))
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        locked = await lock(session, person.id)
        assert locked
        await take_all_away(session, locked)
    found = await of(provider, person)
    assert (found.passkeys, found.has_totp, found.codes_left) == (0, False, 0)
    others = await of(provider, staff["admin"])
    assert (others.passkeys, others.has_totp, others.codes_left) == (1, True, 10)
    for verb in ("passkey:removed", "totp:removed", "recovery_codes:removed"):
        assert [event.subject_id for event in await audited(database, verb)] == [person.id]
    assert len(await letters(app, database)) == told  # whoever does it tells them


async def test_each_change_is_an_event_for_the_other_services(
    provider: IdentityProvider, person: Person, service: Program, database: RolledBackDatabase
):
    async with database.arrange() as session:
        session.add(EventReceiver(client_id=service.client_id))
    await phone_of(provider, person)
    await set_up_app(provider, person)
    async with provider.database.unit_of_work(NOBODY) as session:
        await recovery_codes.make(session, provider.digests, person)
        await recovery_codes.make(session, provider.digests, person)
        assert await totp.remove(session, person)
        await take_all_away(session, person)
    async with database.arrange() as session:
        events = list(await session.scalars(select(SecurityEvent).order_by(col(SecurityEvent.id))))
    assert {event.subject_id for event in events} == {person.id}
    assert [(event.payload["credential_type"], event.payload["change_type"]) for event in events] == [
        ("fido2-platform", "create"),
        ("app", "create"),
        ("recovery-code", "create"),
        ("recovery-code", "update"),
        ("app", "delete"),
        ("fido2-platform", "revoke"),
        ("recovery-code", "revoke"),
    ]

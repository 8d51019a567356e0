"""Back-off on every factor: counted for its person, apart, before anything is compared, and never for good."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.factors import tries
from afterglow_auth.factors.tries import TOLD_EVERY, Guessed, TooSoonError
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sign_in.back_off import (
    FREE_TRIES_OF_AN_ACCOUNT,
    FREE_TRIES_OF_AN_ADDRESS,
    LONGEST_WAIT,
    MANY,
    WAITS_OF_SECOND_FACTOR,
    is_first_in,
)
from afterglow_auth.sign_in.models import SignInTries
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlmodel import col

from tests.auth.arranging import audited, letters


@pytest.fixture
def provider(app: FastAPI) -> IdentityProvider:
    made: IdentityProvider = app.state.provider
    return made


async def let_pass(database: RolledBackDatabase, by: timedelta) -> None:
    async with database.arrange() as session:
        earlier = {"tried_at": col(SignInTries.tried_at) - by, "waits_until": col(SignInTries.waits_until) - by}
        await session.execute(update(SignInTries).values(earlier))


async def longest_wait(database: RolledBackDatabase) -> timedelta:
    """Of whatever has been tried most often."""
    async with database.arrange() as session:
        most = select(SignInTries).order_by(col(SignInTries.failures).desc()).limit(1)
        kept = (await session.scalars(most)).one()
    return kept.waits_until - kept.tried_at if kept.waits_until else timedelta()


async def exhaust(provider: IdentityProvider, guessed: Guessed, person: Person) -> None:
    for _ in range(FREE_TRIES_OF_AN_ACCOUNT):
        await tries.take(provider, guessed, person.id)
    with pytest.raises(TooSoonError):
        await tries.take(provider, guessed, person.id)


@pytest.mark.parametrize("guessed", list(Guessed))
async def test_after_five_quick_tries_a_factor_waits_and_the_others_do_not(
    provider: IdentityProvider, person: Person, staff: dict[str, Person], guessed: Guessed
):
    await exhaust(provider, guessed, person)
    for other in set(Guessed) - {guessed}:
        await tries.take(provider, other, person.id)
    await tries.take(provider, guessed, staff["admin"].id)


@pytest.mark.usefixtures("true_first_wait")
async def test_waits_grow_and_end(provider: IdentityProvider, person: Person, database: RolledBackDatabase):
    for _ in range(FREE_TRIES_OF_AN_ACCOUNT):
        await tries.take(provider, Guessed.totp, person.id)
    assert await longest_wait(database) == timedelta(seconds=5)
    await let_pass(database, timedelta(seconds=5))
    await tries.take(provider, Guessed.totp, person.id)
    assert await longest_wait(database) == timedelta(seconds=10)
    with pytest.raises(TooSoonError) as caught:
        await tries.take(provider, Guessed.totp, person.id)
    assert timedelta() < caught.value.wait <= timedelta(seconds=10)
    for _ in range(10):
        await let_pass(database, LONGEST_WAIT)
        await tries.take(provider, Guessed.totp, person.id)  # never for good


async def test_a_success_clears_that_factor_alone(provider: IdentityProvider, person: Person):
    await exhaust(provider, Guessed.totp, person)
    await exhaust(provider, Guessed.recovery_code, person)
    async with provider.database.unit_of_work(RowContext()) as session:
        await tries.clear(session, provider.digests, Guessed.totp, person.id)
    await tries.take(provider, Guessed.totp, person.id)
    with pytest.raises(TooSoonError):
        await tries.take(provider, Guessed.recovery_code, person.id)


async def test_the_first_refusal_of_a_wait_is_kept(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase
):
    await exhaust(provider, Guessed.totp, person)
    with pytest.raises(TooSoonError):
        await tries.take(provider, Guessed.totp, person.id)
    (event,) = await audited(database, "factor:tried")
    assert (event.subject_id, event.purpose, event.outcome) == (person.id, "totp_too_soon", "refused")


@pytest.mark.parametrize("guessed", list(Guessed))
async def test_the_person_is_told_once_a_day_that_codes_are_guessed(
    app: FastAPI, provider: IdentityProvider, person: Person, database: RolledBackDatabase, guessed: Guessed
):
    """Whoever comes as far as a code has shown the right password; whoever only types a password has shown nothing."""
    expected = [] if guessed == Guessed.password else [("codes_guessed", person.id)]
    for _ in range(FREE_TRIES_OF_AN_ACCOUNT - 1):
        await tries.take(provider, guessed, person.id)
    assert await letters(app, database) == []
    await tries.take(provider, guessed, person.id)
    for _ in range(3):
        await let_pass(database, LONGEST_WAIT)
        await tries.take(provider, guessed, person.id)
        with pytest.raises(TooSoonError):
            await tries.take(provider, guessed, person.id)
    assert [(one.letter, one.to) for one in await letters(app, database)] == expected
    await let_pass(database, TOLD_EVERY)
    for _ in range(FREE_TRIES_OF_AN_ACCOUNT):
        await tries.take(provider, guessed, person.id)
    assert [(one.letter, one.to) for one in await letters(app, database)] == expected * 2


async def test_one_letter_tells_of_both_kinds_of_codes_and_of_each_beginning_anew(
    app: FastAPI, provider: IdentityProvider, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    for guessed in (Guessed.totp, Guessed.recovery_code, Guessed.totp):
        await exhaust(provider, guessed, person)
        async with provider.database.unit_of_work(RowContext()) as session:
            await tries.clear(session, provider.digests, guessed, person.id)
    await exhaust(provider, Guessed.totp, staff["admin"])
    told = [(one.letter, one.to) for one in await letters(app, database)]
    assert told == [("codes_guessed", person.id), ("codes_guessed", staff["admin"].id)]


async def test_whoever_guesses_for_long_waits_an_hour_and_the_owner_still_gets_in(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase
):
    waits = []
    for _ in range(MANY + 2):
        await tries.take(provider, Guessed.totp, person.id)
        waits.append(await longest_wait(database))
        await let_pass(database, waits[-1])
    assert max(waits[: MANY - 1]) == LONGEST_WAIT
    assert waits[MANY - 1 :] == [WAITS_OF_SECOND_FACTOR.longest_of_many] * 3
    await tries.take(provider, Guessed.totp, person.id)  # never for good
    async with provider.database.unit_of_work(RowContext()) as session:
        await tries.clear(session, provider.digests, Guessed.totp, person.id)
    await tries.take(provider, Guessed.totp, person.id)


async def test_a_password_typed_again_waits_minutes_at_most(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase
):
    for _ in range(MANY + 2):
        await tries.take(provider, Guessed.password, person.id)
        await let_pass(database, LONGEST_WAIT)


async def test_passkeys_are_counted_for_their_network(provider: IdentityProvider, database: RolledBackDatabase):
    keys = {await tries.take_network(provider, "192.0.2.1") for _ in range(FREE_TRIES_OF_AN_ADDRESS)}
    assert len(keys) == 1
    with pytest.raises(TooSoonError):
        await tries.take_network(provider, "192.0.2.1")
    await tries.take_network(provider, "192.0.2.2")
    (event,) = await audited(database, "factor:tried")
    assert (event.subject_id, event.purpose, event.outcome) == (None, "passkey_too_soon", "refused")
    async with provider.database.unit_of_work(RowContext()) as session:
        await tries.forgive_network(session, keys.pop())
    await tries.take_network(provider, "192.0.2.1")


async def test_of_many_at_once_only_the_free_ones_pass(committed_app: FastAPI, person: Person):
    provider = committed_app.state.provider

    async def attempt() -> str:
        try:
            await tries.take(provider, Guessed.totp, person.id)
        except TooSoonError:
            return "too soon"
        return "passed"

    outcomes = Counter(await asyncio.gather(*(attempt() for _ in range(20))))
    assert outcomes == {"passed": FREE_TRIES_OF_AN_ACCOUNT, "too soon": 20 - FREE_TRIES_OF_AN_ACCOUNT}


async def test_of_many_at_once_one_tells_the_person(committed_database: Database):
    key = new_id().bytes

    async def first() -> bool:
        async with committed_database.unit_of_work(RowContext()) as session:
            return await is_first_in(session, key, TOLD_EVERY)

    assert Counter(await asyncio.gather(*(first() for _ in range(20)))) == {True: 1, False: 19}


async def test_what_is_kept_names_nobody(provider: IdentityProvider, person: Person, database: RolledBackDatabase):
    await tries.take(provider, Guessed.totp, person.id)
    async with database.arrange() as session:
        (kept,) = (await session.scalars(select(SignInTries))).all()
    assert len(kept.key) == 32
    assert person.id.bytes not in kept.key

"""Codes of an authenticator app: set up, checked, each step good once, the secret sealed in its place."""

import asyncio
import re
import time
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import lock
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.totp import service
from afterglow_auth.totp.models import TotpSecret
from afterglow_auth.totp.qr import picture
from afterglow_auth.totp.service import SECONDS, Enrolment
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import SealBrokenError
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from pyotp import TOTP, parse_uri
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col

from tests.auth.arranging import ROUNDS, add_person, audited, letters

NOBODY = RowContext()


class Clock:
    """The time as the service reads it, held still so that a step does not pass while a test runs."""

    def __init__(self) -> None:
        self.step = 60_000_000

    def time(self) -> float:
        return self.step * SECONDS + 1.0

    def code(self, secret: str, off: int = 0) -> str:
        return TOTP(secret).generate_otp(self.step + off)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    held = Clock()
    monkeypatch.setattr(service, "time", held)
    return held


@pytest.fixture
def provider(app: FastAPI) -> IdentityProvider:
    made: IdentityProvider = app.state.provider
    return made


async def begin(provider: IdentityProvider, person: Person, again: UUID | None = None) -> Enrolment:
    async with provider.database.unit_of_work(NOBODY) as session:
        await lock(session, person.id)
        return await service.begin(session, provider, person, again)


async def confirm(provider: IdentityProvider, person: Person, code: str) -> bool:
    async with provider.database.unit_of_work(NOBODY) as session:
        await lock(session, person.id)
        return await service.confirm(session, provider, person, code)


async def check(provider: IdentityProvider, person: Person, code: str) -> bool:
    async with provider.database.unit_of_work(NOBODY) as session:
        return await service.check(session, provider, person.id, code)


@pytest_asyncio.fixture(loop_scope="session")
async def secret(provider: IdentityProvider, person: Person, clock: Clock) -> str:
    """The secret of an app that the person has set up; the clock is past the code that confirmed it."""
    made = await begin(provider, person)
    assert await confirm(provider, person, clock.code(made.secret))
    clock.step += 5
    return made.secret


async def test_an_app_is_told_what_it_needs(provider: IdentityProvider, person: Person):
    made = await begin(provider, person)
    app = parse_uri(made.uri)
    assert isinstance(app, TOTP)
    assert (app.secret, app.name, app.issuer, app.digits, app.interval) == (
        made.secret,
        person.email,
        "Client portal",
        6,
        30,
    )
    assert len(made.secret) == 32  # 160 bits, as RFC 4226 §4 recommends
    assert made.secret not in repr(made)


async def test_a_secret_counts_once_its_code_was_shown(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, clock: Clock
):
    made = await begin(provider, person)
    assert not await check(provider, person, clock.code(made.secret))
    assert not await confirm(provider, person, "000000" if clock.code(made.secret) != "000000" else "111111")
    assert await confirm(provider, person, clock.code(made.secret))
    assert not await check(provider, person, clock.code(made.secret))  # that step is used
    clock.step += 1
    assert await check(provider, person, clock.code(made.secret))
    outcomes = [event.outcome for event in await audited(database, "totp:added")]
    assert sorted(outcomes) == ["refused", "success"]


async def test_the_person_is_told(
    app: FastAPI, provider: IdentityProvider, person: Person, database: RolledBackDatabase, clock: Clock
):
    made = await begin(provider, person)
    assert await letters(app, database) == []
    assert await confirm(provider, person, clock.code(made.secret))
    async with provider.database.unit_of_work(NOBODY) as session:
        assert await service.remove(session, person)
        assert not await service.remove(session, person)
    told = await letters(app, database)
    assert [(one.letter, one.to) for one in told] == [("app_added", person.id), ("app_removed", person.id)]
    (event,) = await audited(database, "totp:removed")
    assert event.subject_id == person.id


@pytest.mark.parametrize("off", [-2, -1, 0, 1, 2])
async def test_a_clock_may_be_one_step_off(
    provider: IdentityProvider, person: Person, clock: Clock, secret: str, off: int
):
    assert await check(provider, person, clock.code(secret, off)) == (abs(off) <= 1)


async def test_a_step_is_good_once_and_no_earlier_one_after_it(
    provider: IdentityProvider, person: Person, clock: Clock, secret: str
):
    assert await check(provider, person, clock.code(secret))
    assert not await check(provider, person, clock.code(secret))
    assert not await check(provider, person, clock.code(secret, -1))
    assert await check(provider, person, clock.code(secret, 1))
    assert not await check(provider, person, clock.code(secret))


@pytest.mark.parametrize("typed", ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "0" * 5000, "\x00"])  # noqa: RUF001  # wide digits
async def test_what_is_no_code_is_wrong(
    provider: IdentityProvider, person: Person, secret: str, clock: Clock, typed: str
):
    assert clock.code(secret) != typed
    assert not await check(provider, person, typed)


async def test_spaces_in_a_code_do_not_matter(provider: IdentityProvider, person: Person, clock: Clock, secret: str):
    code = clock.code(secret)
    assert await check(provider, person, f" {code[:3]} {code[3:]} ")


async def test_nobody_elses_code_is_right(
    provider: IdentityProvider, person: Person, staff: dict[str, Person], clock: Clock, secret: str
):
    assert not await check(provider, staff["admin"], clock.code(secret))
    other = await begin(provider, staff["admin"])
    assert await confirm(provider, staff["admin"], clock.code(other.secret))
    clock.step += 1
    assert not await check(provider, person, clock.code(other.secret))


async def test_a_new_app_takes_the_place_of_the_old_one_only_when_it_is_confirmed(
    provider: IdentityProvider, person: Person, clock: Clock, secret: str
):
    new = await begin(provider, person)
    assert await check(provider, person, clock.code(secret))
    clock.step += 1
    assert await confirm(provider, person, clock.code(new.secret))
    clock.step += 1
    assert not await check(provider, person, clock.code(secret))
    assert await check(provider, person, clock.code(new.secret))


async def test_a_form_that_comes_back_shows_the_same_secret_and_another_browser_never_does(
    provider: IdentityProvider, person: Person, clock: Clock
):
    first = await begin(provider, person)
    assert await begin(provider, person, first.id) == first
    second = await begin(provider, person)
    assert second.secret != first.secret
    assert (await begin(provider, person, first.id)).secret not in {first.secret, second.secret}
    assert not await confirm(provider, person, clock.code(first.secret))


async def test_what_was_never_confirmed_is_over_after_half_an_hour(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, clock: Clock
):
    made = await begin(provider, person)
    async with database.arrange() as session:
        earlier = {"created_at": col(TotpSecret.created_at) - timedelta(minutes=31)}
        await session.execute(update(TotpSecret).values(earlier))
    assert not await confirm(provider, person, clock.code(made.secret))
    again = await begin(provider, person, made.id)
    assert again.secret != made.secret
    await forget_expired(provider.database)
    async with database.arrange() as session:
        assert (await session.scalars(select(TotpSecret))).one().id == again.id
        await session.execute(update(TotpSecret).values(earlier))
    await forget_expired(provider.database)
    async with database.arrange() as session:
        assert (await session.scalars(select(TotpSecret))).all() == []


async def test_the_secret_is_sealed_where_it_lies(
    provider: IdentityProvider, database: RolledBackDatabase, secret: str
):
    async with database.arrange() as session:
        kept = (await session.scalars(select(TotpSecret))).one()
    assert secret.encode() not in kept.sealed
    assert await service.opened(provider, kept) == secret


@pytest.mark.parametrize("column", ["id", "person_id"])
async def test_a_secret_that_was_moved_does_not_open(  # noqa: PLR0917  # two people and what one of them has
    provider: IdentityProvider,
    person: Person,
    staff: dict[str, Person],
    database: RolledBackDatabase,
    clock: Clock,
    secret: str,
    column: str,
):
    """Somebody who writes to the database gives another's row their own secret, or themselves another's."""
    elsewhere = {"id": UUID(int=7), "person_id": staff["admin"].id}[column]
    async with database.arrange() as session:
        await session.execute(update(TotpSecret).values({column: elsewhere}))
    whose = staff["admin"] if column == "person_id" else person
    with pytest.raises(SealBrokenError):
        await check(provider, whose, clock.code(secret))


@pytest.mark.parametrize("column", ["id", "person_id", "sealed", "key_version", "created_at"])
@pytest.mark.usefixtures("secret")
async def test_the_app_cannot_change_whose_a_secret_is_nor_itself(database: RolledBackDatabase, column: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.unit_of_work(NOBODY) as session:
            await session.execute(text(f"UPDATE totp_secrets SET {column} = {column}"))  # noqa: S608  # listed above


async def test_of_twenty_at_once_one_wins_each_step(committed_app: FastAPI, committed_superuser: Database):
    provider = committed_app.state.provider
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
    made = await begin(provider, person)
    now = int(time.time()) // SECONDS
    assert await confirm(provider, person, TOTP(made.secret).generate_otp(now - 1))
    for _ in range(ROUNDS):
        async with committed_superuser.sessions() as session, session.begin():
            await session.execute(update(TotpSecret).where(col(TotpSecret.id) == made.id).values(last_step=0))
        code = TOTP(made.secret).generate_otp(int(time.time()) // SECONDS)
        seen = await asyncio.gather(*(check(provider, person, code) for _ in range(20)))
        assert Counter(seen) == {True: 1, False: 19}


async def test_of_twenty_at_once_one_confirms(committed_app: FastAPI, committed_superuser: Database):
    provider = committed_app.state.provider
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
    for _ in range(ROUNDS):
        made = await begin(provider, person)
        code = TOTP(made.secret).generate_otp(int(time.time()) // SECONDS)
        seen = await asyncio.gather(*(confirm(provider, person, code) for _ in range(20)))
        assert Counter(seen) == {True: 1, False: 19}


def test_the_picture_is_one_path_without_style():
    uri = "otpauth://totp/Afterglow:rowan%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Afterglow"
    drawn = picture(uri)
    assert drawn.size > 33
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", drawn.path)
    assert drawn == picture(uri)
    assert drawn != picture(uri + "0")

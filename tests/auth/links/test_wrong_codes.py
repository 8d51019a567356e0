"""A link on which wrong codes are typed is over after a few, however many come at once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.passwords import verify
from afterglow_auth.digests import new_secret
from afterglow_auth.factors.tries import Guessed, key_of
from afterglow_auth.links import routes
from afterglow_auth.links.choosing import Chosen, WrongCodeError, choose
from afterglow_auth.links.columns import MOST_WRONG_CODES
from afterglow_auth.links.doors import RECOVERY, RESET, Door, expiry
from afterglow_auth.links.service import Dead, Opened
from afterglow_auth.links.tokens import Named, token_of
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.sign_in import stages
from afterglow_auth.sign_in.models import SignInTries
from afterglow_auth.totp.models import TotpSecret
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from tests.auth.arranging import Browser, add_person, audited
from tests.auth.sign_in.walking import Factors, Walker, code_of, led_to

NEW = "another four words nobody guesses"
CHOSEN = {"choosing": "password", "password": NEW, "repeated": NEW}
WRONG = {**CHOSEN, "code": "000000"}
DOORS = pytest.mark.parametrize("door", [RECOVERY, RESET], ids=["recovery", "reset"])


class Holder:
    """Somebody with a second factor who holds a link of one kind."""

    def __init__(self, app: FastAPI, browser: Browser, person: Person, database: RolledBackDatabase) -> None:
        self.app, self.walker, self.person, self.database = app, Walker(browser), person, database
        self.factors = Factors(app, database)

    async def given(self, door: Door) -> "Holder":
        self.secret, self.door = await self.factors.add_app(self.person), door
        await self.factors.add_codes(self.person)
        async with self.database.arrange() as session:
            link = door.table(person_id=self.person.id, expires_at=expiry(timedelta(hours=1)))
            session.add(link)
        self.token = token_of(self.app.state.provider.digests, door.purpose, link)
        self.form = await self.look()
        return self

    async def look(self) -> Any:
        return await self.walker.get(f"{self.door.path}?token={self.token}")

    async def send(self, fields: dict[str, str]) -> Any:
        await self.wait()
        return await self.walker.send(self.door.path, self.form.text, token=self.token, **fields)

    async def wait(self) -> None:
        """Let the back-off of the person pass, which is another matter."""
        async with self.database.arrange() as session:
            await session.execute(delete(SignInTries))

    async def wrong_codes(self) -> int:
        async with self.database.arrange() as session:
            return (await session.scalars(select(col(self.door.table.wrong_codes)))).one()


@pytest.fixture
def holder(app: FastAPI, browser: Browser, person: Person, database: RolledBackDatabase) -> Holder:
    return Holder(app, browser, person, database)


@DOORS
async def test_after_five_wrong_codes_the_link_is_over_and_its_page_says_what_to_do(
    holder: Holder, database: RolledBackDatabase, door: Door
):
    await holder.given(door)
    seen = [await holder.send(WRONG) for _ in range(MOST_WRONG_CODES)]
    assert [answer.status_code for answer in seen] == [422] * (MOST_WRONG_CODES - 1) + [410]
    right = await holder.send({**CHOSEN, "code": code_of(holder.secret)})
    for over in (seen[-1], right, await holder.look()):
        assert over.status_code == 410
        assert "Several wrong codes were typed on it" in over.text
        assert ('href="/auth/forgotten"' in over.text) == (door is RECOVERY)
    refused = [event for event in await audited(database, door.verb) if event.purpose == "wrong_codes"]
    assert {(event.subject_id, event.outcome) for event in refused} == {(holder.person.id, "refused")}
    assert len(refused) == 3


@DOORS
async def test_the_right_code_still_opens_after_four_wrong_ones(holder: Holder, door: Door):
    await holder.given(door)
    for _ in range(MOST_WRONG_CODES - 1):
        assert (await holder.send(WRONG)).status_code == 422
    assert led_to(await holder.send({**CHOSEN, "code": code_of(holder.secret)})) == "/sign-in"


@DOORS
async def test_a_password_that_will_not_do_costs_no_code(holder: Holder, door: Door):
    await holder.given(door)
    for fields in ({"password": "short"}, {"repeated": "something else"}, {"code": ""}):
        assert (await holder.send({**WRONG, **fields})).status_code == 422
    assert await holder.wrong_codes() == 0
    async with holder.database.arrange() as session:
        kept = await session.get(SignInTries, key_of(holder.app.state.provider.digests, Guessed.totp, holder.person.id))
    assert kept is None or kept.failures == 0


@DOORS
async def test_while_somebody_must_wait_no_password_is_weighed(
    holder: Holder, monkeypatch: pytest.MonkeyPatch, door: Door
):
    """That takes a while of the processor, for nothing where the code will not be looked at."""
    weighed: list[str] = []

    async def weigh(password: str, **_: object) -> None:
        weighed.append(password)

    monkeypatch.setattr(routes, "fault", weigh)
    await holder.given(door)
    await holder.send(WRONG)
    async with holder.database.arrange() as session:
        later = {"waits_until": datetime.now(UTC) + timedelta(minutes=1)}
        await session.execute(update(SignInTries).values(later))
    answer = await holder.walker.send(door.path, holder.form.text, token=holder.token, **WRONG)
    assert answer.status_code == 429
    assert weighed == [NEW]
    assert await holder.wrong_codes() == 1


@DOORS
async def test_a_passkey_is_not_taken_where_none_may_be_chosen(holder: Holder, door: Door):
    await holder.given(door)
    sent = {**CHOSEN, "response": "{}", "code": code_of(holder.secret)}
    assert led_to(await holder.send(sent)) == "/sign-in"
    async with holder.database.arrange() as session:
        assert (await session.scalars(select(Passkey))).all() == []
        stored = await session.get_one(Person, holder.person.id)
    right, _ = await verify(NEW, stored.password_hash)
    assert right


@DOORS
async def test_wrong_codes_are_counted_and_never_taken_back(holder: Holder, database: RolledBackDatabase, door: Door):
    await holder.given(door)
    await holder.send(WRONG)
    for value in (0, 1, 3):
        with pytest.raises(DBAPIError, match="only counted"):
            async with database.as_role("auth_app"), database.sessions() as session, session.begin():
                await session.execute(update(door.table).values(wrong_codes=value))


@DOORS
async def test_of_twenty_wrong_codes_at_once_five_are_looked_at(
    committed_app: FastAPI, committed_superuser: Database, monkeypatch: pytest.MonkeyPatch, door: Door
):
    looked_at = []

    async def use(*_: object) -> bool:
        looked_at.append(1)
        await asyncio.sleep(0)
        return False

    monkeypatch.setattr(recovery_codes, "use", use)
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        session.add(TotpSecret(person_id=person.id, key_version=1, sealed=b"", confirmed_at=datetime.now(UTC)))
        link = door.table(person_id=person.id, expires_at=expiry(timedelta(hours=1)))
        session.add(link)
    opened, wrong = Opened("", Named(link.id, link.expires_at), person), Chosen(code="k7qm-2xpd-9fhw")

    async def one() -> str:
        try:
            outcome = await choose(committed_app.state.provider, door, opened, wrong, stages.Browser(new_secret()))
        except WrongCodeError:
            return "wrong"
        assert isinstance(outcome, Dead)
        return outcome

    outcomes = Counter(await asyncio.gather(*(one() for _ in range(20))))
    assert len(looked_at) == MOST_WRONG_CODES
    assert set(outcomes) <= {"wrong", Dead.wrong_codes}
    assert outcomes[Dead.wrong_codes] >= 20 - MOST_WRONG_CODES + 1
    async with committed_superuser.sessions() as session:
        stored = await session.get_one(door.table, link.id)
    assert (stored.wrong_codes, stored.state) == (MOST_WRONG_CODES, "withdrawn")

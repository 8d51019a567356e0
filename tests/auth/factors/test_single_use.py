"""SECURITY §7, single-use values shared between purposes: each is worth nothing at any door but its own."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.factor_resets.models import FactorReset
from afterglow_auth.factor_resets.objecting import look as look_at_objection
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.doors import INVITATION, RESET, expiry
from afterglow_auth.links.service import Opened, look
from afterglow_auth.links.tokens import token_of
from afterglow_auth.passkeys.refusals import Reason
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.resets.models import Reset
from afterglow_auth.totp import service as totp
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from pyotp import TOTP

from tests.auth.arranging import Scene, add_person, answered
from tests.auth.passkeys.arranging import options_to_register, options_to_sign_in, phone_of, register, sign_in

NOBODY = RowContext()
OWN = (
    "authorization code",
    "invitation",
    "objection",
    "passkey to register",
    "passkey to sign in",
    "recovery code",
    "refresh token",
    "reset",
    "totp",
)


def test_a_digest_for_one_purpose_is_none_for_another():
    digests = Digests("a key of this test")
    made = {purpose: digests.of(purpose, "the same value") for purpose in Purpose}
    assert all(made[one] != made[other] for one, other in combinations(Purpose, 2))


@dataclass
class Doors:
    """One person with one fresh value of every kind, and every door at which one is shown."""

    scene: Scene
    provider: IdentityProvider
    values: dict[str, str] = field(default_factory=dict)

    @property
    def by_name(self) -> dict[str, Callable[[str], Awaitable[bool]]]:
        return {
            "authorization code": self.exchange,
            "invitation": self.link(INVITATION),
            "objection": self.object_to,
            "passkey to register": self.register,
            "passkey to sign in": self.sign_in,
            "recovery code": self.recover,
            "refresh token": self.refresh,
            "reset": self.link(RESET),
            "totp": self.show_code,
        }

    async def exchange(self, value: str) -> bool:
        form = self.scene.web.code_form(value)
        return (await self.scene.browser.client.post("/auth/token", data=form)).status_code == 200

    async def refresh(self, value: str) -> bool:
        form = self.scene.web.refresh_form(value)
        return (await self.scene.browser.client.post("/auth/token", data=form)).status_code == 200

    def link(self, door: Any) -> Callable[[str], Awaitable[bool]]:
        async def open_link(value: str) -> bool:
            return isinstance(await look(self.provider, door, value, str(new_id())), Opened)

        return open_link

    async def object_to(self, value: str) -> bool:
        return await look_at_objection(self.provider, value, str(new_id())) is not None

    async def recover(self, value: str) -> bool:
        async with self.provider.database.unit_of_work(NOBODY) as session:
            return await recovery_codes.use(session, self.provider.digests, self.scene.person.id, value)

    async def show_code(self, value: str) -> bool:
        async with self.provider.database.unit_of_work(NOBODY) as session:
            return await totp.check(session, self.provider, self.scene.person.id, value)

    async def register(self, value: str) -> bool:
        return not isinstance(await register(self.provider, self.scene.person, value), Reason)

    async def sign_in(self, value: str) -> bool:
        return not isinstance(await sign_in(self.provider, value), Reason)


@pytest_asyncio.fixture(loop_scope="session")
async def doors(app: Any, scene: Scene, database: RolledBackDatabase) -> Doors:
    made = Doors(scene, app.state.provider)
    await make_tokens(made)
    await make_links(made, database)
    await make_factors(made)
    assert tuple(sorted(made.values)) == OWN
    return made


async def make_tokens(doors: Doors) -> None:
    scene = doors.scene
    doors.values["refresh token"] = (await scene.browser.tokens(scene.person.email, scene.web))["refresh_token"]
    again = await scene.browser.client.get("/auth/authorize", params=scene.web.request())  # signed in already
    doors.values["authorization code"] = answered(again)["code"]


async def make_links(doors: Doors, database: RolledBackDatabase) -> None:
    later = expiry(timedelta(hours=1))
    person, digests = doors.scene.person.id, doors.provider.digests
    async with database.arrange() as session:
        asker = await add_person(session, "admin")
        rows = {
            Purpose.invitation: Invitation(person_id=person, expires_at=later),
            Purpose.objection: FactorReset(id=new_id(), person_id=person, asked_by=asker.id, due_at=later),
            Purpose.reset: Reset(person_id=person, expires_at=later),
        }
        session.add_all(rows.values())
    doors.values |= {purpose.value: token_of(digests, purpose, row) for purpose, row in rows.items()}


async def make_factors(doors: Doors) -> None:
    provider, person = doors.provider, doors.scene.person
    phone = await phone_of(provider, person)
    doors.values["passkey to sign in"] = phone.get(options_to_sign_in(provider))
    other = type(phone)()
    doors.values["passkey to register"] = other.create(await options_to_register(provider, person))
    async with provider.database.unit_of_work(NOBODY) as session:
        made = await totp.begin(session, provider, person)
        assert await totp.confirm(session, provider, person, TOTP(made.secret).at(time.time() - totp.SECONDS))
        (code, *_) = await recovery_codes.make(session, provider.digests, person)
    doors.values |= {"recovery code": code, "totp": TOTP(made.secret).at(time.time())}


@pytest.mark.parametrize("door", OWN)
async def test_only_its_own_value_opens_a_door(doors: Doors, door: str):
    """And whatever was shown at a wrong door is not used up by that."""
    show = doors.by_name[door]
    for name, value in doors.values.items():
        if name != door:
            assert not await show(value), f"{name} at the door for {door}"
    assert await show(doors.values[door])
    if door not in {
        "invitation",
        "objection",
        "refresh token",
        "reset",
    }:  # looking uses no link up; a refresh may retry
        assert not await show(doors.values[door])


async def test_a_challenge_for_one_purpose_is_not_answered_for_another(doors: Doors, person: Person):
    """An authenticator signs whatever challenge it is given: that of a registration, to sign in."""
    phone = await phone_of(doors.provider, person)
    challenge = json.loads(await options_to_register(doors.provider, person))["challenge"]
    assert not await doors.sign_in(phone.get(json.dumps({"challenge": challenge})))

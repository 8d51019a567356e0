"""What has to be there before a page of the security page lets somebody in, and what its form then says."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from afterglow_auth.accounts.models import Person
from afterglow_auth.consents.models import Consent, ConsentQuestion
from afterglow_auth.consents.policy import may_allow
from afterglow_auth.digests import Purpose
from afterglow_auth.links.doors import expiry
from afterglow_auth.links.tokens import token_of
from afterglow_auth.oauth.models import OAuthClient
from afterglow_auth.passkeys import service as passkeys
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.security.notices.models import NoticeChange
from afterglow_auth.sessions.models import Session
from afterglow_auth.totp import service as totp
from afterglow_foundation.identifiers import new_id
from pyotp import TOTP
from sqlalchemy import select
from sqlmodel import col

from tests.auth.authenticators import Authenticator
from tests.security.scene import Scene

PASSKEY, QUESTION = new_id(), new_id()
NEW_PASSWORD = "seven lanterns under a slow river"


def provider_of(scene: Scene) -> IdentityProvider:
    provider: IdentityProvider = scene.house.app("auth").state.provider
    return provider


def passkey_of(person_id: UUID, identifier: UUID) -> Passkey:
    return Passkey(
        id=identifier,
        person_id=person_id,
        credential_id=identifier.bytes,
        public_key=b"k",
        name="Phone",
        sign_count=0,
        backed_up=True,
        roaming=False,
    )


async def two_passkeys_each(scene: Scene) -> Mapping[str, object]:
    """Everybody could lose one; the path names one of the client's."""
    async with scene.house.databases["auth"].arrange() as session:
        for person in (await session.scalars(select(Person))).all():
            first = PASSKEY if person.id == scene.client.id else new_id()
            session.add_all([passkey_of(person.id, first), passkey_of(person.id, new_id())])
    return {}


async def a_question_of_the_clients(scene: Scene) -> Mapping[str, object]:
    """Whether the admin's program may."""
    house = scene.house
    async with house.databases["auth"].arrange() as session:
        theirs = select(Session).where(col(Session.person_id) == scene.client.id)
        mine = (await session.scalars(theirs)).first()
        if mine is None:
            raise LookupError("the client is signed in")
        until = datetime.now(UTC) + timedelta(minutes=5)
        asked, program = scene.trial.request(), await session.get_one(OAuthClient, scene.trial.client_id)
        whose = await session.get_one(Person, scene.client.id)
        session.add(
            ConsentQuestion(
                id=QUESTION,
                person_id=whose.id,
                session_id=mine.id,
                ask=urlencode(asked),
                name=program.name,
                run_by=program.run_by,
                scopes=may_allow(whose, asked["scope"]),
                expires_at=until,
            )
        )
    return {}


async def a_consent_of_the_clients(scene: Scene) -> Mapping[str, object]:
    async with scene.house.databases["auth"].arrange() as session:
        whose, program = scene.client.id, scene.trial.client_id
        session.add(Consent(person_id=whose, client_id=program, name="Diary", run_by="", places=[], scopes=["openid"]))
    return {}


async def an_answer_of_the_clients_browser(scene: Scene) -> Mapping[str, object]:
    cookie = scene.browsers[scene.client.id].auth
    async with scene.house.databases["auth"].arrange() as session:
        person = await session.get_one(Person, scene.client.id)
        options = await passkeys.begin_registration(session, provider_of(scene), person, cookie)
    return {"response": Authenticator().create(options), "name": "Phone"}


async def an_app_of_the_clients(scene: Scene) -> Mapping[str, object]:
    async with scene.house.databases["auth"].arrange() as session:
        person = await session.get_one(Person, scene.client.id)
        begun = await totp.begin(session, provider_of(scene), person)
    return {"code": TOTP(begun.secret).at(time.time()), "again": begun.id}


async def a_wish_of_the_clients(scene: Scene) -> Mapping[str, object]:
    """Letters elsewhere: the token that was mailed there."""
    wish = NoticeChange(person_id=scene.client.id, address="safe@example.org", expires_at=expiry(timedelta(hours=1)))
    async with scene.house.databases["auth"].arrange() as session:
        session.add(wish)
    return {"token": token_of(provider_of(scene).digests, Purpose.notices, wish)}

"""Passkeys: making one, and signing in with one. Nothing here commits.

Whoever calls `finish_…` lets PasskeyRefusedError end its transaction, and then calls `refusals.keep_refusal`.
"""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.security_events.events import CredentialType
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import has_chosen, lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.factors.letters import PASSKEY_ADDED, PASSKEY_REMOVED
from afterglow_auth.mail.sending import send_later
from afterglow_auth.oauth import once
from afterglow_auth.oauth.once import SpentOnce
from afterglow_auth.passkeys import challenges, options, responses
from afterglow_auth.passkeys.challenges import Bound, Ceremony
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.passkeys.refusals import PasskeyRefusedError, Reason
from afterglow_auth.passkeys.responses import RelyingParty, Response
from afterglow_auth.provider import IdentityProvider

LONGEST_NAME = 60
MOST_PASSKEYS = 20  # each new one is asked to be none of these
UNNAMED = "Passkey"


async def begin_registration(session: AsyncSession, provider: IdentityProvider, person: Person, cookie: str) -> str:
    """Options for `navigator.credentials.create`, as JSON for the page of this browser."""
    challenge = await challenges.give(session, provider.digests, bound_to(person, cookie))
    return await options.registration(provider, person, challenge, await passkeys_of(session, person.id))


async def finish_registration(  # noqa: PLR0917  # who, in which browser, with what, under which name
    session: AsyncSession,
    provider: IdentityProvider,
    person: Person,
    cookie: str,
    response: str,
    name: str,
    *,
    caller: Caller | None = None,
) -> Passkey:
    """Keep a new passkey of a person (whom the caller has locked), and tell them. Raises PasskeyRefusedError."""
    read = responses.read(response)
    if not await challenges.use_up(session, provider.digests, bound_to(person, cookie), read.challenge):
        raise PasskeyRefusedError(Reason.challenge)
    verified = responses.verify_registration(read, RelyingParty.of(provider.settings))
    if len(await passkeys_of(session, person.id)) >= MOST_PASSKEYS:
        raise PasskeyRefusedError(Reason.too_many, challenge=read.challenge)
    new = Passkey(
        person_id=person.id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        name=tidy(name),
        sign_count=verified.sign_count,
        backed_up=verified.credential_device_type == "multi_device",
        roaming=read.roaming,
    )
    adding = insert(Passkey).values(new.model_dump()).on_conflict_do_nothing().returning(Passkey)
    passkey = await session.scalar(adding)
    if passkey is None:
        raise PasskeyRefusedError(Reason.known_already, challenge=read.challenge)
    await has_chosen(session, person.id)
    await outbox.credential_changed(session, person.id, kind_of(passkey), "create")
    await send_later(session, PASSKEY_ADDED, to=person.id)
    await record(session, Verb.passkey_added, caller, object_id=passkey.id, subject_id=person.id)
    return passkey


def begin_authentication(provider: IdentityProvider, cookie: str) -> str:
    """Options for `navigator.credentials.get`, as JSON: the authenticator knows whose passkeys it holds, we do not."""
    return options.authentication(provider, challenges.marked(provider.digests, cookie))


async def finish_authentication(
    session: AsyncSession, provider: IdentityProvider, cookie: str, response: str, *, only: UUID | None = None
) -> tuple[Person, Passkey]:
    """Who signed, now locked, and with what. Raises PasskeyRefusedError, also for anybody but `only`.

    The person's row is locked first, as everywhere: whoever disables them waits, and then ends what began here.
    """
    read = responses.read(response)
    right = challenges.right_to_answer(provider.digests, cookie, read.challenge)
    if right is None:
        raise PasskeyRefusedError(Reason.challenge)
    passkey = await find(session, read.credential_id)
    if passkey is None:
        raise PasskeyRefusedError(Reason.unknown)
    try:
        person, passkey = await prove(session, provider, read, passkey, right)
    except PasskeyRefusedError as refused:
        raise PasskeyRefusedError(refused.reason, passkey=passkey, right=refused.right) from refused
    if only not in {None, person.id}:
        raise PasskeyRefusedError(Reason.unknown, right=right)
    return person, passkey


async def prove(
    session: AsyncSession, provider: IdentityProvider, read: Response, found: Passkey, right: SpentOnce
) -> tuple[Person, Passkey]:
    """A right signature takes the right to answer, whatever comes of it; until then nothing is stored."""
    person = await lock(session, found.person_id)
    passkey = await find(session, read.credential_id)
    if passkey is None:
        raise PasskeyRefusedError(Reason.unknown)  # removed while we waited for the lock
    verified = responses.verify_authentication(read, RelyingParty.of(provider.settings), passkey.public_key)
    if not await once.take(session, right):
        raise PasskeyRefusedError(Reason.challenge)
    if person is None or person.disabled_at or not is_handle_of(read, person):
        raise PasskeyRefusedError(Reason.account_closed, right=right)
    counted = (
        update(Passkey)
        .where(
            col(Passkey.id) == passkey.id,
            (col(Passkey.sign_count) < verified.new_sign_count)
            | ((col(Passkey.sign_count) == 0) & (verified.new_sign_count == 0)),  # many authenticators do not count
        )
        .values(sign_count=verified.new_sign_count, last_used_at=datetime.now(UTC))
        .returning(Passkey)
        .execution_options(populate_existing=True)
    )
    used = await session.scalar(counted)
    if used is None:
        raise PasskeyRefusedError(Reason.counter_regress, right=right)
    return person, used


def bound_to(person: Person, cookie: str) -> Bound:
    return Bound(cookie, Ceremony.registration, person.id)


async def find(session: AsyncSession, credential_id: bytes) -> Passkey | None:
    asked = select(Passkey).where(col(Passkey.credential_id) == credential_id)
    return await session.scalar(asked.execution_options(populate_existing=True))


def is_handle_of(read: Response, person: Person) -> bool:
    """The authenticator's own word whose passkey it is (WebAuthn L3 §7.2 step 6); a discoverable one always says it."""
    return read.user_handle == options.handle_of(person)


async def passkeys_of(session: AsyncSession, person_id: UUID) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    asked = select(Passkey).where(col(Passkey.person_id) == person_id)
    return (await session.scalars(asked.order_by(col(Passkey.id)))).all()


async def rename(
    session: AsyncSession, person: Person, passkey_id: UUID, name: str, *, caller: Caller | None = None
) -> bool:
    """Call a passkey something else; False where the person has none of this id."""
    mine = update(Passkey).where(col(Passkey.id) == passkey_id, col(Passkey.person_id) == person.id)
    if await session.scalar(mine.values(name=tidy(name)).returning(col(Passkey.id))) is None:
        return False
    await record(session, Verb.passkey_renamed, caller, object_id=passkey_id, subject_id=person.id)
    return True


async def remove(session: AsyncSession, person: Person, passkey_id: UUID, *, caller: Caller | None = None) -> bool:
    """Nobody signs in with it any more, and its owner is told; False where the person has none of this id.

    Whether it may go (is another way in left?) is for the caller to say.
    """
    mine = delete(Passkey).where(col(Passkey.id) == passkey_id, col(Passkey.person_id) == person.id)
    removed = await session.scalar(mine.returning(Passkey).execution_options(synchronize_session=False))
    if removed is None:
        return False
    await outbox.credential_changed(session, person.id, kind_of(removed), "delete")
    await send_later(session, PASSKEY_REMOVED, to=person.id)
    await record(session, Verb.passkey_removed, caller, object_id=passkey_id, subject_id=person.id)
    return True


def tidy(name: str) -> str:
    """A name as it is shown: one line, no control characters, not too long."""
    kept = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in name)
    return " ".join(kept.split())[:LONGEST_NAME].strip() or UNNAMED


def kind_of(passkey: Passkey) -> CredentialType:
    """CAEP's word for it."""
    return "fido2-roaming" if passkey.roaming else "fido2-platform"

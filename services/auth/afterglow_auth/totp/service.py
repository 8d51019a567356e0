"""Codes from an authenticator app (RFC 6238). Nothing here commits.

Six digits can be guessed: whoever calls `confirm` or `check` first takes a try, `factors.tries.take`.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from afterglow_foundation.audit import Outcome
from afterglow_foundation.callers import Caller
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import WrappedKey
from pyotp import TOTP, random_base32
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.factors.letters import APP_ADDED, APP_REMOVED
from afterglow_auth.mail.sending import send_later
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.totp.models import TotpSecret

SECONDS = 30
DRIFT = 1  # steps that a clock may be off, either way (RFC 6238 §5.2)
DIGITS = 6
SET_UP_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app is told, once: `uri` for its camera (`qr.picture`), `secret` to type in. `id` names it in forms."""

    id: UUID
    secret: str = field(repr=False)
    uri: str = field(repr=False)


async def begin(
    session: AsyncSession, provider: IdentityProvider, person: Person, again: UUID | None = None
) -> Enrolment:
    """A secret that counts nothing until `confirm`; whatever the person uses now goes on working until then.

    `again` is the id that a form of ours carried: the same secret once more, after a code that was mistyped. Only
    then: two browsers that set an app up at once never see the same secret.
    """
    waiting = await find(session, person.id, confirmed=False)
    if waiting and waiting.id == again and is_fresh(waiting):
        return await enrolment(provider, person, waiting.id, await opened(provider, waiting))
    await session.execute(
        delete(TotpSecret).where(col(TotpSecret.person_id) == person.id, col(TotpSecret.confirmed_at).is_(None))
    )
    identifier, secret = new_id(), random_base32()
    sealed = await provider.sealed_with.wrap(secret.encode(), sealed_as(identifier, person.id))
    session.add(TotpSecret(id=identifier, person_id=person.id, key_version=sealed.version, sealed=sealed.wrapped))
    await session.flush()
    return await enrolment(provider, person, identifier, secret)


async def confirm(
    session: AsyncSession, provider: IdentityProvider, person: Person, code: str, *, caller: Caller | None = None
) -> bool:
    """Whether the app shows the right code; then it is the person's, instead of an earlier one, and they are told."""
    waiting = await find(session, person.id, confirmed=False)
    step = step_of(await opened(provider, waiting), code) if waiting and is_fresh(waiting) else None
    if waiting is None or step is None:
        await record(session, Verb.totp_added, caller, subject_id=person.id, outcome=Outcome.refused)
        return False
    earlier = delete(TotpSecret).where(
        col(TotpSecret.person_id) == person.id, col(TotpSecret.confirmed_at).is_not(None)
    )
    replaced = await session.scalar(earlier.returning(col(TotpSecret.id)))
    now = datetime.now(UTC)
    mine = update(TotpSecret).where(col(TotpSecret.id) == waiting.id, col(TotpSecret.confirmed_at).is_(None))
    if await session.scalar(mine.values(confirmed_at=now, last_step=step).returning(col(TotpSecret.id))) is None:
        return False
    await outbox.credential_changed(session, person.id, "app", "update" if replaced else "create")
    await send_later(session, APP_ADDED, to=person.id)
    await record(session, Verb.totp_added, caller, object_id=waiting.id, subject_id=person.id)
    return True


async def check(session: AsyncSession, provider: IdentityProvider, person_id: UUID, code: str) -> bool:
    """Whether it is the app's code of now, and is used here for the first time: one statement decides that."""
    mine = await find(session, person_id, confirmed=True)
    step = step_of(await opened(provider, mine), code) if mine else None
    if mine is None or step is None:
        return False
    fresh = (
        update(TotpSecret)
        .where(col(TotpSecret.id) == mine.id, col(TotpSecret.last_step) < step)
        .values(last_step=step)
        .returning(col(TotpSecret.id))
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(fresh) is not None


async def remove(session: AsyncSession, person: Person, *, caller: Caller | None = None) -> bool:
    """The app's codes count no more, and the person is told; False where there was none.

    Whether it may go (does a factor stay?) is for the caller to say.
    """
    theirs = delete(TotpSecret).where(col(TotpSecret.person_id) == person.id)
    gone = await session.scalars(theirs.returning(TotpSecret).execution_options(synchronize_session=False))
    removed = next((one for one in gone.all() if one.confirmed_at), None)
    if removed is None:
        return False
    await outbox.credential_changed(session, person.id, "app", "delete")
    await send_later(session, APP_REMOVED, to=person.id)
    await record(session, Verb.totp_removed, caller, object_id=removed.id, subject_id=person.id)
    return True


async def forget_unconfirmed(session: AsyncSession) -> None:
    """Delete secrets that nobody confirmed in time."""
    over = delete(TotpSecret).where(
        col(TotpSecret.confirmed_at).is_(None), col(TotpSecret.created_at) < datetime.now(UTC) - SET_UP_WITHIN
    )
    await session.execute(over)


async def find(session: AsyncSession, person_id: UUID, *, confirmed: bool) -> TotpSecret | None:
    state = col(TotpSecret.confirmed_at)
    wanted = state.is_not(None) if confirmed else state.is_(None)
    asked = select(TotpSecret).where(col(TotpSecret.person_id) == person_id, wanted)
    return await session.scalar(asked.execution_options(populate_existing=True))


def is_fresh(waiting: TotpSecret) -> bool:
    return waiting.created_at > datetime.now(UTC) - SET_UP_WITHIN


def step_of(secret: str, code: str) -> int | None:
    """The step, at most one off, whose code this is; spaces between the digits do not matter."""
    typed = "".join(code.split())
    app, now = TOTP(secret), int(time.time()) // SECONDS
    steps = [now + off for off in range(-DRIFT, DRIFT + 1)]
    right = [step for step in steps if compare_digest(app.generate_otp(step).encode(), typed.encode())]
    return right[0] if right else None


async def enrolment(provider: IdentityProvider, person: Person, identifier: UUID, secret: str) -> Enrolment:
    uri = TOTP(secret).provisioning_uri(name=person.email, issuer_name=await provider.neutral_name())
    return Enrolment(identifier, secret, uri)


async def opened(provider: IdentityProvider, row: TotpSecret) -> str:
    """The secret of a row; SealBrokenError where it was sealed for another."""
    wrapped = WrappedKey(row.key_version, row.sealed)
    return (await provider.sealed_with.unwrap(wrapped, sealed_as(row.id, row.person_id))).decode()


def sealed_as(identifier: UUID, person_id: UUID) -> bytes:
    """Additional data: a sealed secret opens only in its own row and for its own person."""
    return f"auth|totp_secrets|sealed|{identifier}|{person_id}".encode()

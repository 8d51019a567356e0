"""Challenges: for one browser and one purpose, for five minutes, and for one answer."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.passkeys.models import PasskeyChallenge

LIFETIME = timedelta(minutes=5)
CHALLENGE_BYTES = 32


class Ceremony(StrEnum):
    """What a challenge may be answered for."""

    registration = "registration"
    sign_in = "sign_in"


@dataclass(frozen=True, slots=True)
class Bound:
    """To whom a challenge is given, and for what: only there it may be answered. A registration is somebody's."""

    cookie: str
    ceremony: Ceremony
    person_id: UUID | None = None


async def give(session: AsyncSession, digests: Digests, bound: Bound) -> bytes:
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    session.add(
        PasskeyChallenge(
            digest=digest_of(digests, challenge),
            browser=digests.of(Purpose.passkey_browser, bound.cookie),
            purpose=bound.ceremony,
            person_id=bound.person_id,
            expires_at=datetime.now(UTC) + LIFETIME,
        )
    )
    await session.flush()
    return challenge


async def use_up(session: AsyncSession, digests: Digests, bound: Bound, challenge: bytes) -> bool:
    """The one statement that decides who answers it: whether it was given to them, for this, and is still open."""
    mine = (
        delete(PasskeyChallenge)
        .where(
            col(PasskeyChallenge.digest) == digest_of(digests, challenge),
            col(PasskeyChallenge.browser) == digests.of(Purpose.passkey_browser, bound.cookie),
            col(PasskeyChallenge.purpose) == bound.ceremony,
            col(PasskeyChallenge.person_id).is_not_distinct_from(bound.person_id),
            col(PasskeyChallenge.expires_at) > datetime.now(UTC),
        )
        .returning(col(PasskeyChallenge.digest))
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(mine) is not None


async def forget(session: AsyncSession, digests: Digests, challenge: bytes) -> None:
    """Nobody answers this one any more: a wrong answer was the only one."""
    gone = delete(PasskeyChallenge).where(col(PasskeyChallenge.digest) == digest_of(digests, challenge))
    await session.execute(gone.execution_options(synchronize_session=False))


def digest_of(digests: Digests, challenge: bytes) -> bytes:
    return digests.of(Purpose.passkey_challenge, challenge.hex())

"""Challenges: for one browser and one purpose, for five minutes, and for one answer.

Whoever registers a passkey is somebody, and theirs is a row. Anybody may open the sign-in page, so of those nothing is
kept: a challenge says until when it is good and is marked as ours, and what is stored is that it *was* answered, by
somebody who had a passkey's key to do it with (decision 0032).
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.oauth.once import SpentOnce
from afterglow_auth.passkeys.models import PasskeyChallenge

LIFETIME = timedelta(minutes=5)
CHALLENGE_BYTES = 32
UNTIL_BYTES, RANDOM_BYTES = 8, 16  # of one that is not kept; its mark follows
CLOCKS_DIFFER = timedelta(minutes=1)  # so much longer it is kept that one was answered


class Ceremony(StrEnum):
    """What a challenge that is kept may be answered for."""

    registration = "registration"


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


def marked(digests: Digests, cookie: str) -> bytes:
    """A challenge to sign in with, for the browser that has this cookie."""
    until = int((datetime.now(UTC) + LIFETIME).timestamp())
    said = until.to_bytes(UNTIL_BYTES) + secrets.token_bytes(RANDOM_BYTES)
    return said + mark_of(digests, cookie, said)


def right_to_answer(digests: Digests, cookie: str, challenge: bytes) -> SpentOnce | None:
    """To be taken once, by whoever shows a signature over it; None unless it is ours, this browser's, and not over."""
    said, mark = challenge[: UNTIL_BYTES + RANDOM_BYTES], challenge[UNTIL_BYTES + RANDOM_BYTES :]
    if not hmac.compare_digest(mark, mark_of(digests, cookie, said)):
        return None
    until = datetime.fromtimestamp(int.from_bytes(said[:UNTIL_BYTES]), UTC)  # ours, so it is a time
    if until <= datetime.now(UTC):
        return None
    return SpentOnce(digest_of(digests, challenge), until + CLOCKS_DIFFER)


def mark_of(digests: Digests, cookie: str, said: bytes) -> bytes:
    return digests.of(Purpose.passkey_mark, cookie, said.hex())


def digest_of(digests: Digests, challenge: bytes) -> bytes:
    return digests.of(Purpose.passkey_challenge, challenge.hex())

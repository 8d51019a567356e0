"""Why a passkey was refused, and what stays of it once the caller's transaction is rolled back."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from afterglow_foundation.audit import Outcome
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext
from sqlalchemy import update
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.oauth import once
from afterglow_auth.oauth.once import SpentOnce
from afterglow_auth.passkeys import challenges
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.provider import IdentityProvider


class Reason(StrEnum):
    """In words of the audit."""

    account_closed = "account_closed"
    challenge = "challenge"  # never given, to another browser, for another purpose, answered before, or too old
    counter_regress = "counter_regress"
    known_already = "known_already"
    malformed = "malformed"
    not_verified = "not_verified"  # the authenticator did not ask for a finger, a face or a PIN
    signature = "signature"
    too_many = "too_many"
    unknown = "unknown"
    wrong_origin = "wrong_origin"
    wrong_relying_party = "wrong_relying_party"


class PasskeyRefusedError(Exception):
    """What the browser sent proves nothing, or nothing that opens anything.

    `challenge` is what a registration answers, if that could be read; `right` what a signature that was good has taken.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        passkey: Passkey | None = None,
        challenge: bytes | None = None,
        right: SpentOnce | None = None,
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.passkey_id = passkey.id if passkey else None
        self.person_id = passkey.person_id if passkey else None
        self.challenge = challenge
        self.right = right


async def keep_refusal(
    provider: IdentityProvider,
    refused: PasskeyRefusedError,
    verb: Verb,
    caller: Caller | None = None,
    *,
    subject_id: UUID | None = None,
) -> None:
    """Call this when the transaction that raised is over: the challenge is used up, and the audit knows why.

    A passkey whose counter went backwards is kept, and marked.
    """
    async with provider.database.unit_of_work(RowContext()) as session:
        if refused.challenge:
            await challenges.forget(session, provider.digests, refused.challenge)
        if refused.right:
            await once.take(session, refused.right)
        if refused.reason == Reason.counter_regress:
            suspect = update(Passkey).where(col(Passkey.id) == refused.passkey_id)
            await session.execute(suspect.values(suspected_at=datetime.now(UTC)))
        await record(
            session,
            verb,
            caller,
            object_id=refused.passkey_id,
            subject_id=refused.person_id or subject_id,
            purpose=f"passkey_{refused.reason}",
            outcome=Outcome.refused,
        )

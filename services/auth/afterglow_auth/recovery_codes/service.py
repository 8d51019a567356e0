"""Recovery codes: ten at a time, each good once, kept only as keyed digests. Nothing here commits.

Whoever calls `use` first takes a try, `factors.tries.take`.
"""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.events import outbox
from afterglow_auth.factors.letters import CODE_USED, CODES_MADE
from afterglow_auth.mail.sending import send_later
from afterglow_auth.recovery_codes.models import RecoveryCode

HOW_MANY = 10
GROUPS, GROUP_LENGTH = 3, 4  # sixty bits: `k7qm-2xpd-9fhw`
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no letter that is read as a digit, and no u
READ_AS = str.maketrans({"o": "0", "i": "1", "l": "1"})
LONGEST_TYPED = 100


async def make(session: AsyncSession, digests: Digests, person: Person, *, caller: Caller | None = None) -> list[str]:
    """Ten new codes, to be shown this once. Earlier ones open nothing any more."""
    earlier = delete(RecoveryCode).where(col(RecoveryCode.person_id) == person.id)
    replaced = (await session.scalars(earlier.returning(col(RecoveryCode.id)))).all()
    codes = [new_code() for _ in range(HOW_MANY)]
    session.add_all(RecoveryCode(person_id=person.id, digest=digest_of(digests, person.id, code)) for code in codes)
    await session.flush()
    await outbox.credential_changed(session, person.id, "recovery-code", "update" if replaced else "create")
    await send_later(session, CODES_MADE, to=person.id)
    await record(session, Verb.recovery_codes_made, caller, subject_id=person.id)
    return codes


async def use(session: AsyncSession, digests: Digests, person_id: UUID, code: str) -> bool:
    """Whether it is an unused code of theirs; it is used now, by one statement. They are told how many are left."""
    mine = (
        update(RecoveryCode)
        .where(
            col(RecoveryCode.person_id) == person_id,
            col(RecoveryCode.digest) == digest_of(digests, person_id, code),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=datetime.now(UTC))
        .returning(col(RecoveryCode.id))
        .execution_options(synchronize_session=False)
    )
    used = await session.scalar(mine)
    if used is None:
        return False
    await send_later(session, CODE_USED, to=person_id)
    await record(session, Verb.recovery_code_used, object_id=used, subject_id=person_id)
    return True


async def left(session: AsyncSession, person_id: UUID) -> int:
    unused = select(func.count()).where(col(RecoveryCode.person_id) == person_id, col(RecoveryCode.used_at).is_(None))
    return await session.scalar(unused) or 0


async def mark_saved(session: AsyncSession, person_id: UUID) -> None:
    """Their owner says that they have them somewhere."""
    theirs = update(RecoveryCode).where(col(RecoveryCode.person_id) == person_id, col(RecoveryCode.saved_at).is_(None))
    await session.execute(theirs.values(saved_at=datetime.now(UTC)).execution_options(synchronize_session=False))


async def remove(session: AsyncSession, person: Person, *, caller: Caller | None = None) -> bool:
    """They open nothing any more; False where there were none. For a reset, which tells the person itself."""
    theirs = delete(RecoveryCode).where(col(RecoveryCode.person_id) == person.id)
    if not (await session.scalars(theirs.returning(col(RecoveryCode.id)))).all():
        return False
    await outbox.credential_changed(session, person.id, "recovery-code", "revoke")
    await record(session, Verb.recovery_codes_removed, caller, subject_id=person.id)
    return True


def new_code() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP_LENGTH))
    return "-".join(letters[at : at + GROUP_LENGTH] for at in range(0, len(letters), GROUP_LENGTH))


def digest_of(digests: Digests, person_id: UUID, code: str) -> bytes:
    """Of a code as it was meant: hyphens, spaces and capitals do not matter, nor an O for a nought."""
    meant = "".join(character for character in code[:LONGEST_TYPED].lower() if character.isalnum())
    return digests.of(Purpose.recovery_code, person_id.hex, meant.translate(READ_AS))

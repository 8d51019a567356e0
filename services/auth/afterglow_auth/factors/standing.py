"""By what means somebody can prove who they are, and which terms they accepted, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Uuid, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.recovery_codes.models import RecoveryCode
from afterglow_auth.terms.models import TermsAcceptance
from afterglow_auth.totp.models import TotpSecret


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is. Recovery codes are no factor of their own: they stand in for one that is lost."""

    has_password: bool
    passkeys: int
    has_totp: bool
    codes_left: int
    codes_saved: bool
    accepted_terms: frozenset[int]  # versions

    @classmethod
    def of(cls, found: Sequence[Any]) -> "Standing":
        """What STANDING found."""
        has_password, passkeys, has_totp, codes_left, codes_saved, versions = found
        return cls(bool(has_password), passkeys, has_totp, codes_left, codes_saved, frozenset(versions or ()))

    @property
    def has_second(self) -> bool:
        """Whether more is needed, and possible, than a password."""
        return self.has_totp or self.passkeys > 0

    @property
    def can_confirm(self) -> bool:
        """Whether they have anything with which to prove, now, that it is still them."""
        return self.has_password or self.passkeys > 0


WHOSE = bindparam("person_id", type_=Uuid)
STANDING = select(
    select(col(Person.password_hash).is_not(None)).where(col(Person.id) == WHOSE).scalar_subquery(),
    select(func.count()).where(col(Passkey.person_id) == WHOSE).scalar_subquery(),
    exists().where(col(TotpSecret.person_id) == WHOSE, col(TotpSecret.confirmed_at).is_not(None)),
    select(func.count())
    .where(col(RecoveryCode.person_id) == WHOSE, col(RecoveryCode.used_at).is_(None))
    .scalar_subquery(),
    exists().where(col(RecoveryCode.person_id) == WHOSE, col(RecoveryCode.saved_at).is_not(None)),
    select(func.array_agg(col(TermsAcceptance.version)))
    .where(col(TermsAcceptance.person_id) == WHOSE)
    .scalar_subquery(),
)


async def standing(session: AsyncSession, person: Person) -> Standing:
    """Of a person as they are in the database now."""
    return Standing.of((await session.execute(STANDING, {"person_id": person.id})).one())

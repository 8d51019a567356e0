"""Accepting the practice's terms."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_design.terms import Terms
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.terms.models import TermsAcceptance


def current_terms(provider: IdentityProvider) -> Terms:
    """What is to be accepted now."""
    return provider.practice.known.terms


async def accept(session: AsyncSession, person_id: UUID, version: int) -> None:
    """Keep that these terms were accepted; again, it changes nothing."""
    values = {"person_id": person_id, "version": version, "accepted_at": datetime.now(UTC)}
    keeping = insert(TermsAcceptance).values(values).on_conflict_do_nothing()
    if await session.scalar(keeping.returning(col(TermsAcceptance.version))) is not None:
        await record(session, Verb.terms_accepted, subject_id=person_id, purpose=f"version {version}")

"""What happens to accounts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import available_timezones

from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password
from afterglow_auth.audit import Verb, record
from afterglow_auth.sessions.service import end_sessions_of

ADDRESS = r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}$"


class NewPerson(BaseModel):
    """Somebody to make an account for; `id` only where it must be known beforehand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str = Field(pattern=ADDRESS)
    name: str = Field(min_length=1, max_length=200)
    role: Literal["admin", "client", "therapist"]
    password: SecretStr = Field(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)
    locale: str = Field(default="en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    time_zone: str = "UTC"
    id: UUID | None = None

    @field_validator("time_zone")
    @classmethod
    def known_time_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not an IANA time zone")
        return value


async def find_by_email(session: AsyncSession, email: str) -> Person | None:
    """The person of an address, however its letters are cased."""
    return await session.scalar(select(Person).where(func.lower(col(Person.email)) == email.lower()))


async def import_people(session: AsyncSession, people: Sequence[NewPerson]) -> list[Person]:
    """Make an account for each, in order; one whose address is known already is returned as it is."""
    return [await find_by_email(session, new.email) or await add(session, new) for new in people]


async def add(session: AsyncSession, new: NewPerson) -> Person:
    person = Person(
        id=new.id or new_id(),
        password_hash=await hash_password(new.password.get_secret_value()),
        **new.model_dump(exclude={"password", "id"}),
    )
    session.add(person)
    await session.flush()
    await record(session, Verb.person_created, object_id=person.id, subject_id=person.id)
    return person


async def disable(session: AsyncSession, person_id: UUID) -> None:
    """End an account: no sign-in any more, and every session and refresh family of theirs is over."""
    closing = update(Person).where(col(Person.id) == person_id, col(Person.disabled_at).is_(None))
    await session.execute(closing.values(disabled_at=datetime.now(UTC)))
    await end_sessions_of(session, person_id)
    await record(session, Verb.person_disabled, object_id=person_id, subject_id=person_id)

"""What happens to accounts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal
from uuid import UUID
from zoneinfo import available_timezones

from afterglow_design.terms import Terms
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from sqlalchemy import String, Uuid, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.letters import ACCOUNT_CLOSED
from afterglow_auth.accounts.models import Person, PersonState
from afterglow_auth.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password
from afterglow_auth.accounts.policy import in_state
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.mail.sending import send_later
from afterglow_auth.problems import LastAdmin, OwnAccount
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_auth.terms.models import TermsAcceptance

ADDRESS = r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}$"
LOCALE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
LONGEST_LOCALE = 35  # RFC 5646 §4.4.1, and what the facts told to other services may hold
UNDONE_WITHIN = timedelta(days=1)
NOT_A_PLACE = {"Factory", "localtime"}


def check_time_zone(value: str) -> str:
    """Answer the zone itself; raise ValueError for what is none of IANA's."""
    if value not in known_time_zones():
        raise ValueError("not an IANA time zone")
    return value


@cache
def known_time_zones() -> frozenset[str]:
    """Read once: the system's list is a walk through hundreds of files."""
    return frozenset(available_timezones() - NOT_A_PLACE)


class NewPerson(BaseModel):
    """Somebody to make an account for, for the demonstration and for tests: they have accepted these terms.

    `id` only where it must be known beforehand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str = Field(pattern=ADDRESS)
    name: str = Field(min_length=1, max_length=200)
    role: Literal["admin", "client", "therapist"]
    password: SecretStr = Field(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)
    locale: str = Field(default="en", pattern=LOCALE, max_length=LONGEST_LOCALE)
    time_zone: str = "UTC"
    id: UUID | None = None
    accepted_terms: int = Terms().version

    @field_validator("time_zone")
    @classmethod
    def known_time_zone(cls, value: str) -> str:
        return check_time_zone(value)


HAS_EMAIL = func.lower(col(Person.email)) == func.lower(bindparam("email", type_=String))
BY_EMAIL = select(Person).where(HAS_EMAIL)


async def find_by_email(session: AsyncSession, email: str) -> Person | None:
    """The person of an address, however its letters are cased."""
    return await session.scalar(BY_EMAIL, {"email": email})


async def import_people(session: AsyncSession, people: Sequence[NewPerson]) -> list[Person]:
    """Make an account for each, in order; one whose address is known already is returned as it is."""
    return [await find_by_email(session, new.email) or await add(session, new) for new in people]


async def add(session: AsyncSession, new: NewPerson) -> Person:
    person = Person(
        id=new.id or new_id(),
        password_hash=await hash_password(new.password.get_secret_value()),
        joined_at=datetime.now(UTC),
        **new.model_dump(exclude={"accepted_terms", "password", "id"}),
    )
    session.add(person)
    await session.flush()
    session.add(TermsAcceptance(person_id=person.id, version=new.accepted_terms))
    await record(session, Verb.person_created, object_id=person.id, subject_id=person.id)
    await outbox.person_changed(session, person)
    return person


async def find(session: AsyncSession, person_id: UUID, refusal: Refusal | None = None) -> Person:
    """Raise NotFound where there is nobody of this id; `refusal` is what the audit then keeps."""
    person = await session.get(Person, person_id)
    if person is None:
        raise NotFound(refusal=refusal)
    return person


LOCK = (
    select(Person)
    .where(col(Person.id) == bindparam("person_id", type_=Uuid))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


async def lock(session: AsyncSession, person_id: UUID) -> Person | None:
    """A person as they are now; nobody else changes them, their links or their way in before this transaction ends."""
    return await session.scalar(LOCK, {"person_id": person_id})


async def has_chosen(session: AsyncSession, person_id: UUID) -> None:
    """They have a password or a passkey now: they have joined, and no reset waits for them."""
    chosen = update(Person).where(col(Person.id) == person_id)
    joined = {"joined_at": func.coalesce(col(Person.joined_at), datetime.now(UTC)), "reset_at": None}
    await session.execute(chosen.values(joined).execution_options(synchronize_session=False))


async def disable(session: AsyncSession, person_id: UUID, *, caller: Caller | None = None) -> None:
    """End an account: no sign-in any more, every session and refresh family of theirs is over, and they are told.

    Again, it changes nothing. Raises OwnAccount, and LastAdmin rather than leave the practice without one. The row
    is changed before the sessions end: a sign-in under way waits for it and is then refused, or is ended with them.
    """
    refusal = Refusal(Verb.person_disabled, person_id, person_id)
    if caller is not None and caller.id == person_id:
        raise OwnAccount(refusal=refusal)
    await keep_an_admin(session, person_id, refusal)
    closing = update(Person).where(col(Person.id) == person_id, col(Person.disabled_at).is_(None))
    disabled = await session.scalar(closing.values(disabled_at=datetime.now(UTC)).returning(Person))
    if disabled is None:
        return
    await end_sessions_of(session, person_id)
    await outbox.account_disabled(session, disabled)
    await send_later(session, ACCOUNT_CLOSED, to=person_id)
    await record(session, Verb.person_disabled, caller, object_id=person_id, subject_id=person_id)


async def keep_an_admin(session: AsyncSession, person_id: UUID, refusal: Refusal) -> None:
    """Raise LastAdmin if nobody else could sign in to manage the practice.

    Whoever was only invited, or reset, cannot. Locks the admins: two cannot disable each other.
    """
    if await session.scalar(select(col(Person.role)).where(col(Person.id) == person_id)) != Role.admin:
        return
    able = select(col(Person.id)).where(col(Person.role) == Role.admin, in_state(PersonState.active))
    admins = set(await session.scalars(able.order_by(col(Person.id)).with_for_update(key_share=True)))
    if admins == {person_id}:
        raise LastAdmin(refusal=refusal)


async def hold_exports(session: AsyncSession, person_id: UUID, *, held: bool, caller: Caller) -> None:
    """Let nothing of theirs be exported for now, or again; the other services are told. Again, it changes nothing.

    They themselves are not: whoever forces them to ask for it may be beside them.
    """
    changing = update(Person).where(col(Person.id) == person_id, col(Person.exports_held).is_(not held))
    changed = await session.scalar(changing.values(exports_held=held).returning(Person))
    if changed is not None:
        await outbox.person_changed(session, changed)
        verb = Verb.exports_held if held else Verb.exports_released
        await record(session, verb, caller, object_id=person_id, subject_id=person_id)


def takes_two_to_enable(person: Person) -> bool:
    """Whether enabling makes somebody staff anew. For a day whoever disabled them by mistake may undo it alone."""
    closed_for_a_while = person.disabled_at and person.disabled_at < datetime.now(UTC) - UNDONE_WITHIN
    return bool(person.is_staff and person.joined_at and closed_for_a_while)


async def enable(session: AsyncSession, person_id: UUID, *, caller: Caller | None = None) -> None:
    """Open an account again, as it was; nothing that ended comes back."""
    opening = update(Person).where(col(Person.id) == person_id, col(Person.disabled_at).is_not(None))
    enabled = await session.scalar(opening.values(disabled_at=None).returning(Person))
    if enabled is not None:
        await outbox.account_enabled(session, enabled)
        await record(session, Verb.person_enabled, caller, object_id=person_id, subject_id=person_id)

"""Adding and removing one's browsers. Nothing here commits."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, NotFound, Refusal
from afterglow_foundation.sealing import WrappedKey
from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.policy import own_account
from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Purpose
from afterglow_auth.problems import TooManyBrowsers
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.push.models import PushSubscription
from afterglow_auth.push.schemas import SubscriptionBody

MOST = 10


def own(caller: Caller) -> Select[PushSubscription]:
    return select(PushSubscription).where(col(PushSubscription.person_id) == caller.person)


async def listed(session: AsyncSession, caller: Caller) -> Sequence[PushSubscription]:
    return (await session.scalars(own(caller).order_by(col(PushSubscription.id)))).all()


async def add(
    session: AsyncSession, provider: IdentityProvider, caller: Caller, identifier: UUID, body: SubscriptionBody
) -> tuple[PushSubscription, bool]:
    """The subscription, and whether it is new. A browser that is here already under another id has this one instead.

    Raises Conflict where the id stands for something else, TooManyBrowsers.
    """
    refuse_plain(provider, body)
    await session.execute(own_account(caller).with_for_update())  # of two at once one counts the other
    document = body.model_dump_json()
    digest = provider.digests.of(Purpose.push_subscription, document)
    there = await listed(session, caller)
    if known := next((one for one in there if one.id == identifier), None):
        if known.digest != digest:
            raise Conflict
        return known, False
    earlier = [one for one in there if one.digest == digest]
    if len(there) - len(earlier) >= MOST:
        raise TooManyBrowsers
    for one in earlier:
        await remove(session, caller, one.id)
    sealed = await provider.sealed_with.wrap(document.encode(), sealed_as(identifier, caller.person))
    new = PushSubscription(
        id=identifier, person_id=caller.person, digest=digest, key_version=sealed.version, sealed=sealed.wrapped
    )
    return await enter(session, caller, new), True


async def enter(session: AsyncSession, caller: Caller, new: PushSubscription) -> PushSubscription:
    """Raises Conflict where somebody else has this id."""
    entered = insert(PushSubscription).values(**new.model_dump()).on_conflict_do_nothing()
    if await session.scalar(entered.returning(col(PushSubscription.id))) is None:
        raise Conflict
    await record(session, Verb.push_subscription_added, caller, object_id=new.id, subject_id=caller.person)
    return new


async def remove(session: AsyncSession, caller: Caller, identifier: UUID) -> None:
    """Raises NotFound where it is none of theirs, or gone already."""
    mine = delete(PushSubscription).where(
        col(PushSubscription.id) == identifier, col(PushSubscription.person_id) == caller.person
    )
    if await session.scalar(mine.returning(col(PushSubscription.id))) is None:
        raise NotFound(refusal=Refusal(Verb.push_subscription_removed, identifier))
    await record(session, Verb.push_subscription_removed, caller, object_id=identifier, subject_id=caller.person)


def refuse_plain(provider: IdentityProvider, body: SubscriptionBody) -> None:
    """Raises InvalidInput for an address without TLS, outside development."""
    if urlsplit(body.endpoint).scheme != "https" and provider.settings.environment != "development":
        raise InvalidInput(errors=[FieldError(field="endpoint", code="not_https", message="must be an https address")])


async def opened(provider: IdentityProvider, row: PushSubscription) -> SubscriptionBody:
    """What a row holds; SealBrokenError where it was sealed for another."""
    wrapped = WrappedKey(row.key_version, row.sealed)
    document = await provider.sealed_with.unwrap(wrapped, sealed_as(row.id, row.person_id))
    return SubscriptionBody.model_validate_json(document)


def sealed_as(identifier: UUID, person_id: UUID) -> bytes:
    """Additional data: it opens only in its own row and for its own person."""
    return f"auth|push_subscriptions|sealed|{identifier}|{person_id}".encode()

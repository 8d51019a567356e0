"""Ringing at one browser when its job comes up: never in quiet hours, never late, and never twice."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import UUID

import httpx
import structlog
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.jobs import Job, NotNowError
from afterglow_foundation.outgoing import CheckedTransport, ForbiddenAddressError, post
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.accounts.models import Person, PersonState
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.service import EXPIRED, next_moment
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.push.messages import Message, written
from afterglow_auth.push.models import PushDelivery, PushSubscription
from afterglow_auth.push.spreading import conclude

logger = structlog.get_logger()
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
Key = tuple[str, UUID, UUID]


class NotTakenError(Exception):
    """The push service certainly has nothing: it could not be reached, or said that it failed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a delivery stands after the push service was asked; `again` is when it wants to be asked again."""

    state: str
    reason: str | None = None
    sent_at: datetime | None = None
    again: timedelta | None = None


async def deliver_push(
    provider: IdentityProvider, database: Database, job: Job, transport: httpx.AsyncBaseTransport | None = None
) -> None:
    """The handler of `send_push` jobs; `database` is the worker role's.

    As with mail, that it is being sent is committed before anybody is asked; who finds that does not send again.
    Raises NotNowError until it may go, NotTakenError where the push service certainly has nothing.
    """
    payload = job.payload
    key = (str(payload["service"]), UUID(payload["notice"]), UUID(payload["subscription"]))
    async with database.unit_of_work(RowContext()) as session:
        message = await begin(provider, session, key)
    if message is None:
        return
    loopback = provider.settings.environment == "development"
    standing = await sent(message, transport or CheckedTransport(loopback=loopback))
    async with database.unit_of_work(RowContext()) as session:
        await settle(session, key, standing)
    logger.info("push settled", service=key[0], notice_id=str(key[1]), state=standing.state, reason=standing.reason)
    if standing.again:
        raise NotNowError(standing.again)
    if standing.state == "waiting":
        raise NotTakenError


async def begin(provider: IdentityProvider, session: AsyncSession, key: Key) -> Message | None:
    """What to send, its delivery marked as being sent; None where nothing is to be sent any more."""
    delivery = await session.get(PushDelivery, key, with_for_update=True)
    if delivery is None or delivery.is_settled:
        return None
    notice = await session.get_one(Notice, key[:2])
    person, now = await session.get_one(Person, notice.person_id), datetime.now(UTC)
    subscription = await session.get(PushSubscription, key[2])
    send_at = next_moment(person, now)
    message = await written(provider, notice, person, subscription) if subscription else None
    if reason := hindrance(delivery, person, message, late=send_at >= notice.expires_at):
        delivery.give_up(reason)
        await conclude(session, delivery)
        return None
    if send_at > now:
        raise NotNowError(send_at - now)
    delivery.state = "sending"
    return message


def hindrance(delivery: PushDelivery, person: Person, message: Message | None, *, late: bool) -> str | None:
    """Why it is not sent at all, if so."""
    if delivery.state == "sending":
        return "unclear"
    if person.state is not PersonState.active:
        return "no_account"
    return EXPIRED if late else None if message else "gone"


async def sent(message: Message, transport: httpx.AsyncBaseTransport) -> Standing:
    try:
        answer = await post(message.endpoint, transport, content=message.body, headers=message.headers())
    except ForbiddenAddressError:
        return Standing("unsent", "refused")
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return Standing("waiting")
    except (httpx.HTTPError, TimeoutError):
        return Standing("unsent", "unclear")
    return judged(answer)


def judged(answer: httpx.Response) -> Standing:
    """What an answer means; a redirect is none that we follow."""
    if answer.is_success:
        return Standing("sent", sent_at=datetime.now(UTC))
    if answer.status_code in GONE:
        return Standing("unsent", "gone")
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or answer.is_server_error:
        return Standing("waiting", again=pause_of(answer))
    return Standing("unsent", "refused")


def pause_of(answer: httpx.Response) -> timedelta | None:
    """What `Retry-After` asks for in seconds, within bounds; None without one, or for a date."""
    said = answer.headers.get("retry-after", "")
    if not (said.isascii() and said.isdigit()):
        return None
    return max(SHORTEST_PAUSE, min(timedelta(seconds=int(said[:9])), LONGEST_PAUSE))


async def settle(session: AsyncSession, key: Key, standing: Standing) -> None:
    delivery = await session.get_one(PushDelivery, key, with_for_update=True)
    delivery.state, delivery.reason, delivery.sent_at = standing.state, standing.reason, standing.sent_at
    subscription = await session.get(PushSubscription, key[2])
    if standing.reason == "gone" and subscription:
        await session.delete(subscription)
    if delivery.is_settled:
        await conclude(session, delivery)

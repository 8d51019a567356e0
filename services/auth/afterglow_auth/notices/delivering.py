"""Delivering a notice when its job comes up: never in quiet hours, never late, never twice."""

from datetime import UTC, datetime
from uuid import UUID

import structlog
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.jobs import Job, NotNowError
from afterglow_foundation.mail import Mail, MailError, MailRefusedError, MailSettings, PerhapsTakenError, send
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.accounts.models import Person, PersonState
from afterglow_auth.mail.delivering import Order, compose
from afterglow_auth.notices.letters import LETTERS_OF
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.service import EXPIRED, next_moment
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.push.spreading import goes_by_push_alone

logger = structlog.get_logger()


async def deliver_notice(provider: IdentityProvider, database: Database, job: Job) -> None:
    """The handler of `send_notice` jobs; `database` is the worker role's.

    That it is being sent is committed before the mail server is asked. Who finds that does not send again: either it
    went, or nobody knows. Raises NotNowError until it may go, MailError where the mail server certainly has nothing.
    """
    key = (str(job.payload["service"]), UUID(job.payload["id"]))
    async with database.unit_of_work(RowContext()) as session:
        mail = await begin(provider, session, key)
    if mail:
        await settle(database, key, **await sent(mail, provider.settings, database, key))


async def sent(mail: Mail, settings: MailSettings, database: Database, key: tuple[str, UUID]) -> dict[str, object]:
    """How the notice stands after the mail server was asked."""
    try:
        await send(mail, settings)
    except MailRefusedError:
        return {"state": "unsent", "reason": "refused"}
    except PerhapsTakenError:
        return {"state": "unsent", "reason": "unclear"}
    except MailError:
        await settle(database, key, state="waiting")
        raise
    return {"state": "sent", "sent_at": datetime.now(UTC)}


async def begin(provider: IdentityProvider, session: AsyncSession, key: tuple[str, UUID]) -> Mail | None:
    """The mail, its notice marked as being sent; None where nothing is to be sent any more."""
    notice = await session.get(Notice, key, with_for_update=True)
    if notice is None or notice.state in {"pushing", "sent", "unsent"}:
        return None
    if notice.state == "sending":
        notice.give_up("unclear")
        return None
    person, now = await session.get_one(Person, notice.person_id), datetime.now(UTC)
    if person.state is not PersonState.active:
        notice.give_up("no_account")
        return None
    send_at = next_moment(person, max(now, notice.not_before))
    if send_at >= notice.expires_at:
        notice.give_up(EXPIRED)
        return None
    if send_at > now:
        raise NotNowError(send_at - now)
    if await goes_by_push_alone(session, notice, person):
        return None
    return await written(provider, session, notice)


async def written(provider: IdentityProvider, session: AsyncSession, notice: Notice) -> Mail | None:
    letter = next(letter for kind, letter in LETTERS_OF.items() if kind == notice.kind)
    order = Order(id=notice.id.hex, letter=letter.name, to=notice.person_id, about=notice.id)
    mail = await compose(provider, session, order)
    if mail is None:
        notice.give_up(EXPIRED)
    else:
        notice.state = "sending"
    return mail


async def settle(database: Database, key: tuple[str, UUID], **standing: object) -> None:
    async with database.unit_of_work(RowContext()) as session:
        notice = await session.get_one(Notice, key, with_for_update=True)
        for name, value in standing.items():
            setattr(notice, name, value)
    logger.info("notice settled", service=key[0], notice_id=str(key[1]), state=standing["state"])

"""Taking a notice over, and when it may go out."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_foundation import jobs
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound
from afterglow_foundation.notices.contract import NoticeAnswer, NoticeBody, NoticeState
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.quiet import QuietHours

SEND_NOTICE = "send_notice"
EXPIRED = "expired"


async def take(session: AsyncSession, caller: Caller, notice_id: UUID, body: NoticeBody) -> tuple[Notice, bool]:
    """The notice, and whether it is new; a new one goes out once the transaction has committed, if it still may.

    Raises NotFound for nobody's id, Conflict where something else was handed over under this one.
    """
    person = await session.get(Person, body.person_id)
    if person is None:
        raise NotFound
    service, now = str(caller.client_id), datetime.now(UTC)
    values = body.model_dump() | {"kind": str(body.kind), "service": service, "id": notice_id, "taken_at": now}
    send_at = next_moment(person, max(now, body.not_before))
    late = send_at >= body.expires_at
    standing = {"state": "unsent", "reason": EXPIRED} if late else {"state": "waiting"}
    entered = insert(Notice).values(**values, **standing, send_at=send_at).on_conflict_do_nothing()
    created = await session.scalar(entered.returning(col(Notice.id))) is not None
    notice = await session.get_one(Notice, (service, notice_id))
    if not created and any(getattr(notice, name) != value for name, value in body):
        raise Conflict
    if created and not late:
        await jobs.enqueue(session, SEND_NOTICE, {"service": service, "id": str(notice_id)}, after=send_at - now)
    return notice, created


def next_moment(person: Person, now: datetime) -> datetime:
    """`now`, or the end of this person's quiet hours."""
    if person.quiet_from is None or person.quiet_until is None:
        return now
    return QuietHours(person.quiet_from, person.quiet_until).over_at(now, ZoneInfo(person.time_zone))


def answer_about(notice: Notice) -> NoticeAnswer:
    state = NoticeState.waiting if notice.state in {"pushing", "sending"} else NoticeState(notice.state)
    return NoticeAnswer(state=state, send_at=notice.send_at, sent_at=notice.sent_at)


async def forget_old(session: AsyncSession) -> None:
    """Which ones are old enough is the row policy's rule."""
    await session.execute(delete(Notice))

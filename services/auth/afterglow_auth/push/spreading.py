"""From a notice to the browsers of its receiver, and back to what became of the notice."""

from collections.abc import Sequence

from afterglow_foundation import jobs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import NoticeWay, Person
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.service import SEND_NOTICE
from afterglow_auth.push.models import PushDelivery, PushSubscription

SEND_PUSH = "send_push"


async def goes_by_push_alone(session: AsyncSession, notice: Notice, person: Person) -> bool:
    """Have a notice that is due ring wherever its receiver wants it to: once, however often this is asked.

    True where the browsers settle it. Where there are none, or all have failed, a mail is what is left.
    """
    if person.notice_way == NoticeWay.mail or await deliveries_of(session, notice):
        return False
    theirs = select(col(PushSubscription.id)).where(col(PushSubscription.person_id) == person.id)
    browsers = (await session.scalars(theirs)).all()
    session.add_all(
        [PushDelivery(service=notice.service, notice_id=notice.id, subscription_id=one) for one in browsers]
    )
    payloads = [{"service": notice.service, "notice": str(notice.id), "subscription": str(one)} for one in browsers]
    await jobs.enqueue_each(session, SEND_PUSH, payloads)
    if not browsers or person.notice_way == NoticeWay.both:
        return False
    notice.state = "pushing"
    return True


async def deliveries_of(session: AsyncSession, notice: Notice) -> Sequence[PushDelivery]:
    same = (col(PushDelivery.service) == notice.service, col(PushDelivery.notice_id) == notice.id)
    return (await session.scalars(select(PushDelivery).where(*same).execution_options(populate_existing=True))).all()


async def conclude(session: AsyncSession, done: PushDelivery) -> None:
    """After a browser's has settled: the first that was sent settles the notice; a mail goes where certainly none was.

    The notice's lock is what lets the last of several see all others.
    """
    await session.flush()
    notice = await session.get(Notice, (done.service, done.notice_id), with_for_update=True, populate_existing=True)
    if notice is None or notice.state != "pushing":
        return
    every = await deliveries_of(session, notice)
    if done.state == "sent":
        notice.state, notice.sent_at = "sent", done.sent_at
    elif all(one.is_settled for one in every):
        if any(one.reason == "unclear" for one in every):
            notice.give_up("unclear")
            return
        notice.state = "waiting"
        await jobs.enqueue(session, SEND_NOTICE, {"service": notice.service, "id": str(notice.id)})

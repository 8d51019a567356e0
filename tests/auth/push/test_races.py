"""Many at once: one browser is added once, ten stay ten, and of browsers that settle together one mail is left."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from afterglow_auth.accounts.models import NoticeWay
from afterglow_auth.main import assemble
from afterglow_auth.notices.delivering import deliver_notice
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.service import SEND_NOTICE
from afterglow_auth.push.delivering import deliver_push
from afterglow_auth.push.models import PushSubscription
from afterglow_auth.push.schemas import SubscriptionBody
from afterglow_auth.push.service import MOST, sealed_as
from afterglow_auth.push.spreading import SEND_PUSH
from afterglow_auth.settings import Settings
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import Job
from fastapi import FastAPI
from sqlalchemy import text

from tests.auth.arranging import Browser, Desk, Program, add_person, open_browser
from tests.auth.push.receiving import Receiver

ROUNDS, HOUR = 5, timedelta(hours=1)
JOBS = text("SELECT count(*) FROM jobs.pgqueuer WHERE entrypoint = :name AND convert_from(payload, 'UTF8') LIKE :about")


async def test_of_many_at_once_one_is_new_and_ten_stay_ten(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), person, web)
        path, body = f"/push-subscriptions/{new_id()}", Receiver().subscription
        same = await asyncio.gather(*(desk.put(path, body) for _ in range(10)))
        assert Counter(answer.status_code for answer in same) == {201: 1, 200: 9}
        others = [desk.put(f"/push-subscriptions/{new_id()}", Receiver().subscription) for _ in range(20)]
        statuses = Counter(answer.status_code for answer in await asyncio.gather(*others))
        assert statuses == {201: MOST - 1, 409: 20 - (MOST - 1)}


@pytest.mark.parametrize(("status", "standing", "mails"), [(201, "sent", 0), (410, "waiting", 1)])
async def test_browsers_that_settle_together_settle_a_notice_once(
    with_key: Settings, committed_superuser: Database, status: int, standing: str, mails: int
):
    provider = assemble(with_key, committed_superuser)
    for _ in range(ROUNDS):
        receiver = Receiver(statuses=[status])
        notice, browsers = await due(committed_superuser, provider, receiver)
        about = {"service": "portal", "id": str(notice.id)}
        twice = (deliver_notice(provider, committed_superuser, Job(1, SEND_NOTICE, about, 0)) for _ in range(2))
        await asyncio.gather(*twice)
        transport = httpx.MockTransport(receiver.answer)
        ringing = [{"service": "portal", "notice": str(notice.id), "subscription": str(one)} for one in browsers]
        await asyncio.gather(
            *(deliver_push(provider, committed_superuser, Job(1, SEND_PUSH, one, 0), transport) for one in ringing)
        )
        async with committed_superuser.sessions() as session:
            found = await session.get_one(Notice, ("portal", notice.id))
            like = f"%{notice.id}%"
            waiting = [await session.scalar(JOBS, {"name": name, "about": like}) for name in (SEND_PUSH, SEND_NOTICE)]
        assert (found.state, waiting, len(receiver.requests)) == (standing, [len(browsers), mails], len(browsers))


async def due(database: Database, provider: Any, receiver: Receiver) -> tuple[Notice, list[Any]]:
    """A notice for somebody with five browsers, who wants it there alone."""
    now, identifiers = datetime.now(UTC), [new_id() for _ in range(5)]
    times = {"not_before": now - HOUR, "expires_at": now + HOUR, "taken_at": now, "send_at": now}
    document = SubscriptionBody.model_validate(receiver.subscription).model_dump_json()
    async with database.sessions() as session, session.begin():
        person = await add_person(session)
        person.notice_way, person.quiet_from, person.quiet_until = NoticeWay.push, None, None
        await session.flush()
        notice = Notice(service="portal", id=new_id(), person_id=person.id, kind="prompt", **times)
        session.add(notice)
        for one in identifiers:
            sealed = await provider.sealed_with.wrap(document.encode(), sealed_as(one, person.id))
            values = {"digest": one.bytes, "key_version": sealed.version, "sealed": sealed.wrapped}
            session.add(PushSubscription(id=one, person_id=person.id, **values))
    return notice, identifiers

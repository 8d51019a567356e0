"""A notice at its receiver's browsers: read there alone, says nothing, and comes once whatever goes wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import NoticeWay, Person
from afterglow_auth.digests import Purpose
from afterglow_auth.main import assemble
from afterglow_auth.notices import delivering as mailing
from afterglow_auth.notices.delivering import deliver_notice
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.service import SEND_NOTICE
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.push import delivering
from afterglow_auth.push.delivering import LONGEST_PAUSE, SHORTEST_PAUSE, NotTakenError, deliver_push
from afterglow_auth.push.messages import LENGTH
from afterglow_auth.push.models import PushDelivery, PushSubscription
from afterglow_auth.push.schemas import SubscriptionBody
from afterglow_auth.push.service import sealed_as
from afterglow_auth.push.spreading import SEND_PUSH
from afterglow_auth.push.vapid import vapid_of
from afterglow_auth.settings import Settings
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import Job, NotNowError
from afterglow_foundation.mail import Mail
from afterglow_foundation.outgoing import CheckedTransport
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import select, text, update
from sqlmodel import col

from tests.auth.arranging import queued
from tests.auth.notices.handing import be_quiet, notices
from tests.auth.push.receiving import Receiver, verified

HOUR = timedelta(hours=1)
Standing = tuple[str, str | None]


class House:
    """Somebody's browsers, a notice that is due to them, and a worker that does the jobs there are."""

    def __init__(self, settings: Settings, database: RolledBackDatabase, person: Person) -> None:
        self.provider: IdentityProvider = assemble(settings, database)
        self.database = database
        self.person = person
        self.browsers: dict[UUID, Receiver] = {}
        self.mails: list[Mail] = []
        self.notice = Notice(service="portal", id=new_id(), person_id=person.id, kind="prompt", **times())

    async def take_mail(self, mail: Mail, _settings: object) -> None:
        self.mails.append(mail)

    async def has(self, *browsers: Receiver, way: NoticeWay = NoticeWay.push) -> None:
        await be_quiet(self.database, self.person)
        async with self.database.arrange() as session:
            session.add(self.notice)
            await session.execute(update(Person).where(col(Person.id) == self.person.id).values(notice_way=way))
            for browser in browsers:
                session.add(row := await self.row_of(browser))
                self.browsers[row.id] = browser

    async def row_of(self, browser: Receiver) -> PushSubscription:
        identifier, document = new_id(), SubscriptionBody.model_validate(browser.subscription).model_dump_json()
        sealed = await self.provider.sealed_with.wrap(document.encode(), sealed_as(identifier, self.person.id))
        digest = self.provider.digests.of(Purpose.push_subscription, document)
        values = {"digest": digest, "key_version": sealed.version, "sealed": sealed.wrapped}
        return PushSubscription(id=identifier, person_id=self.person.id, **values)

    async def come_due(self) -> None:
        payload = {"service": self.notice.service, "id": str(self.notice.id)}
        async with self.database.as_role("auth_worker"):
            await deliver_notice(self.provider, self.database, Job(1, SEND_NOTICE, payload, 0))

    async def ring(self, browser: Receiver | None = None, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Do the job of one browser, or of the only one."""
        whose = next(name for name, one in self.browsers.items() if browser is None or one is browser)
        payload = {"service": "portal", "notice": str(self.notice.id), "subscription": str(whose)}
        through = transport or httpx.MockTransport(self.browsers[whose].answer)
        async with self.database.as_role("auth_worker"):
            await deliver_push(self.provider, self.database, Job(1, SEND_PUSH, payload, 0), through)

    async def standing(self) -> Standing:
        [notice] = await notices(self.database)
        return notice.state, notice.reason

    async def deliveries(self) -> list[Standing]:
        async with self.database.arrange() as session:
            found = await session.scalars(select(PushDelivery).order_by(text("subscription_id")))
            return [(one.state, one.reason) for one in found]

    async def subscriptions(self) -> int:
        async with self.database.arrange() as session:
            return len((await session.scalars(select(PushSubscription))).all())

    async def change(self, statement: str) -> None:
        async with self.database.arrange() as session:
            await session.execute(text(statement))


def times() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"not_before": now - HOUR, "expires_at": now + HOUR, "taken_at": now, "send_at": now}


@pytest_asyncio.fixture(loop_scope="session")
async def house(
    with_key: Settings, database: RolledBackDatabase, person: Person, monkeypatch: pytest.MonkeyPatch
) -> House:
    made = House(with_key, database, person)
    monkeypatch.setattr(mailing, "send", made.take_mail)
    return made


async def test_it_rings_once_at_each_browser_and_says_nothing(house: House):
    phone, laptop = Receiver(), Receiver(endpoint="https://other.example/x")
    await house.has(phone, laptop)
    await house.come_due()
    assert (await house.standing(), len(await queued(house.database, SEND_PUSH))) == (("pushing", None), 2)
    for _ in range(2):
        await house.come_due()
        for browser in (phone, laptop):
            await house.ring(browser)
    assert (house.mails, await house.standing(), await house.deliveries()) == ([], ("sent", None), [("sent", None)] * 2)
    assert len(await queued(house.database, SEND_PUSH)) == 2
    for browser in (phone, laptop):
        assert browser.shown == [{"title": "Client portal", "body": "A quiet reminder", "lang": "en"}]
        assert len(browser.decrypt(browser.requests[0].content)) == LENGTH


async def test_a_push_service_learns_who_sends_how_long_it_counts_and_no_more(house: House):
    browser = Receiver()
    await house.has(browser)
    await house.come_due()
    await house.ring()
    [request] = browser.requests
    vapid = vapid_of(house.provider.settings)
    assert vapid
    assert verified(request, vapid.public_key)["aud"] == "https://push.example"
    said = {name: request.headers[name] for name in ("content-encoding", "urgency", "content-type")}
    assert said == {"content-encoding": "aes128gcm", "urgency": "normal", "content-type": "application/octet-stream"}
    assert 3500 < int(request.headers["ttl"]) <= 3600
    assert len(request.headers["topic"]) == 32
    assert "prompt" not in str(request.headers)


async def test_of_one_kind_a_later_one_replaces_what_a_browser_has_not_got_yet(house: House):
    browser = Receiver()
    await house.has(browser)
    await house.come_due()
    await house.ring()
    for kind in ("prompt", "messages"):
        house.notice = Notice(service="portal", id=new_id(), person_id=house.person.id, kind=kind, **times())
        async with house.database.arrange() as session:
            session.add(house.notice)
        await house.come_due()
        await house.ring()
    first, same, other = [request.headers["topic"] for request in browser.requests]
    assert first == same != other
    assert len({len(request.content) for request in browser.requests}) == 1  # a kind has no length of its own


async def test_it_speaks_the_receivers_language(house: House):
    browser = Receiver()
    await house.has(browser)
    await house.change("UPDATE people SET locale = 'es'")
    await house.come_due()
    await house.ring()
    [shown] = browser.shown
    assert (shown["lang"], shown["body"] != "A quiet reminder") == ("es", True)


@pytest.mark.parametrize(("way", "mails", "rung"), [("mail", 1, 0), ("both", 1, 1), ("push", 0, 1)])
async def test_it_comes_the_way_that_was_chosen(house: House, way: NoticeWay, mails: int, rung: int):
    browser = Receiver()
    await house.has(browser, way=way)
    await house.come_due()
    if rung:
        await house.ring()
    await house.come_due()
    assert (len(house.mails), len(browser.requests), await house.standing()) == (mails, rung, ("sent", None))


async def test_without_a_browser_a_mail_goes(house: House):
    await house.has()
    await house.come_due()
    assert (len(house.mails), await house.standing()) == (1, ("sent", None))


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten_and_a_mail_goes_instead(house: House, status: int):
    browser = Receiver(statuses=[status])
    await house.has(browser)
    await house.come_due()
    await house.ring()
    assert (await house.deliveries(), await house.subscriptions()) == ([("unsent", "gone")], 0)
    assert (await house.standing(), len(await queued(house.database, SEND_NOTICE))) == (("waiting", None), 1)
    for _ in range(2):
        await house.come_due()
        await house.ring()
    assert (len(house.mails), len(browser.requests), await house.standing()) == (1, 1, ("sent", None))


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 413])
async def test_a_refusal_is_for_good_and_the_browser_stays(house: House, status: int):
    browser = Receiver(statuses=[status, 201], headers={"location": "https://inside.example/"})
    await house.has(browser)
    await house.come_due()
    for _ in range(2):
        await house.ring()
    assert (await house.deliveries(), await house.subscriptions()) == ([("unsent", "refused")], 1)
    assert len(browser.requests) == 1


@pytest.mark.parametrize(
    ("said", "pause"),
    [("120", timedelta(minutes=2)), ("0", SHORTEST_PAUSE), ("9999999999999999999", LONGEST_PAUSE)],
)
async def test_a_push_service_that_asks_for_patience_gets_it(house: House, said: str, pause: timedelta):
    browser = Receiver(statuses=[429, 201], headers={"retry-after": said})
    await house.has(browser)
    await house.come_due()
    with pytest.raises(NotNowError) as waits:
        await house.ring()
    assert (waits.value.pause, await house.deliveries()) == (pause, [("waiting", None)])
    await house.ring()
    assert (await house.standing(), len(browser.requests), house.mails) == (("sent", None), 2, [])


@pytest.mark.parametrize("headers", [{}, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, {"retry-after": "-5"}])
async def test_without_a_number_it_is_tried_again_by_the_jobs_own_patience(house: House, headers: dict[str, str]):
    browser = Receiver(statuses=[503, 201], headers=headers)
    await house.has(browser)
    await house.come_due()
    with pytest.raises(NotTakenError):
        await house.ring()
    await house.ring()
    assert await house.standing() == ("sent", None)


async def test_what_never_got_there_is_tried_again(house: House):
    browser = Receiver(fault=httpx.ConnectError("down"))
    await house.has(browser)
    await house.come_due()
    with pytest.raises(NotTakenError):
        await house.ring()
    browser.fault = None
    await house.ring()
    assert (await house.deliveries(), len(browser.shown)) == ([("sent", None)], 2)


@pytest.mark.parametrize("fault", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), TimeoutError()])
async def test_what_perhaps_got_there_is_sent_no_second_time_by_neither_way(house: House, fault: Exception):
    browser = Receiver(fault=fault)
    await house.has(browser)
    await house.come_due()
    for _ in range(2):
        await house.ring()
        await house.come_due()
    assert (len(browser.requests), house.mails) == (1, [])
    assert (await house.deliveries(), await house.standing()) == ([("unsent", "unclear")], ("unsent", "unclear"))


async def test_a_worker_that_died_in_the_middle_leaves_no_second_one(house: House):
    browser = Receiver(fault=SystemExit())
    await house.has(browser)
    await house.come_due()
    with pytest.raises(SystemExit):
        await house.ring()
    assert await house.deliveries() == [("sending", None)]
    browser.fault = None
    await house.ring()
    assert (len(browser.requests), await house.standing()) == (1, ("unsent", "unclear"))


async def test_one_browser_that_fails_leaves_the_others_be(house: House):
    gone, fine = Receiver(statuses=[410]), Receiver(endpoint="https://push.example/v1/another")
    await house.has(gone, fine)
    await house.come_due()
    await house.ring(gone)
    assert await house.standing() == ("pushing", None)
    await house.ring(fine)
    assert (await house.standing(), house.mails, await house.subscriptions()) == (("sent", None), [], 1)
    assert await queued(house.database, SEND_NOTICE) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE notices SET expires_at = now() - interval '1 second'", "expired"),
        ("UPDATE people SET disabled_at = now()", "no_account"),
        ("DELETE FROM push_subscriptions", "gone"),
    ],
)
async def test_what_has_changed_meanwhile_counts(house: House, change: str, reason: str):
    browser = Receiver()
    await house.has(browser)
    await house.come_due()
    await house.change(change)
    await house.ring()
    assert (browser.requests, await house.deliveries()) == ([], [("unsent", reason)])
    await house.come_due()
    assert await house.standing() == (("sent", None) if reason == "gone" else ("unsent", reason))
    assert len(house.mails) == (1 if reason == "gone" else 0)


@pytest.mark.parametrize("over_in", [30, 90])
async def test_quiet_hours_hold_for_browsers_too(house: House, over_in: int):
    browser = Receiver()
    await house.has(browser)
    await house.come_due()
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    await be_quiet(house.database, house.person, *[(now + timedelta(minutes=m)).time() for m in (-5, over_in)])
    if over_in == 30:
        with pytest.raises(NotNowError) as waits:
            await house.ring()
        assert timedelta(minutes=29) < waits.value.pause < timedelta(minutes=31)
    else:
        await house.ring()
        assert await house.deliveries() == [("unsent", "expired")]
    assert browser.requests == []


@pytest.mark.parametrize("address", ["10.0.0.8", "169.254.169.254", "127.0.0.1", "::1", "fd00::1"])
async def test_nobody_sends_us_inside(house: House, address: str, monkeypatch: pytest.MonkeyPatch):
    """A subscription's address is whatever a client says; only in development does this machine count as outside."""
    await house.has(Receiver())
    await house.come_due()

    async def look_up(_host: str, _port: int) -> list[str]:
        return [address]

    made: list[bool] = []

    def checked(*, loopback: bool) -> CheckedTransport:
        made.append(loopback)
        return CheckedTransport(loopback=False, look_up=look_up)

    monkeypatch.setattr(delivering, "CheckedTransport", checked)
    job = Job(
        1,
        SEND_PUSH,
        {"service": "portal", "notice": str(house.notice.id), "subscription": str(next(iter(house.browsers)))},
        0,
    )
    async with house.database.as_role("auth_worker"):
        await deliver_push(house.provider, house.database, job)
    assert (made, await house.deliveries()) == ([True], [("unsent", "refused")])

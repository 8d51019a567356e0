"""The ledger and its rounds: what is due goes in once and to auth until that has said what became of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.database import Database
from afterglow_foundation.notices.contract import NoticeKind
from afterglow_foundation.notices.delivery import Delivery
from afterglow_foundation.notices.ledger import Ledger
from afterglow_foundation.notices.rounds import Rounds
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.reminders.ledger import plan
from afterglow_portal.reminders.models import PlannedPrompt
from sqlalchemy import Row, text

from tests.portal.arranging import put
from tests.portal.course.treating import act, begin, give, schedule
from tests.portal.reminders.auth_double import Auth

LONDON = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)


def today() -> date:
    return datetime.now(LONDON).date()


def evening(day: date | None = None) -> datetime:
    return datetime.combine(day or today(), time(19), LONDON).astimezone(UTC)


async def prompts(database: RolledBackDatabase) -> list[Row[Any]]:
    async with database.arrange() as session:
        return list((await session.execute(text("SELECT * FROM prompts ORDER BY due_at, slot"))).all())


def ledger_of(database: Database) -> Ledger[PlannedPrompt]:
    return Ledger(database, PlannedPrompt, "client_id", NoticeKind.prompt)


@asynccontextmanager
async def delivering(database: RolledBackDatabase, auth: Auth) -> AsyncIterator[Delivery[PlannedPrompt]]:
    async with database.as_role("portal_worker"):
        yield Delivery(ledger_of(database), auth.client, auth.tokens)


async def planned(database: RolledBackDatabase, now: datetime) -> int:
    async with database.as_role("portal_worker"):
        return await plan(database, now)


async def change(database: RolledBackDatabase, statement: str, **values: Any) -> None:
    async with database.arrange() as session:
        await session.execute(text(statement), values)


@pytest.mark.usefixtures("known")
async def test_the_daily_one_is_planned_once_for_who_is_in_care(database: RolledBackDatabase, client_person: Person):
    assert await planned(database, evening() - MINUTE) == 0
    assert [await planned(database, evening() + MINUTE * more) for more in (0, 1)] == [1, 0]
    [prompt] = await prompts(database)
    assert (prompt.client_id, prompt.kind, prompt.state) == (client_person.id, "daily", "planned")
    assert (prompt.due_at, prompt.local_date) == (evening(), today())
    assert await planned(database, evening() + timedelta(days=1)) == 1


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people SET disabled_at = now()",
        "UPDATE care_relationships SET ended_at = now()",
        "UPDATE care_relationships SET started_at = now() + interval '9 days'",
        "INSERT INTO reminder_choices SELECT id, false, '19:00', true, now() - interval '1 day' FROM people",
    ],
)
async def test_nothing_for_who_is_gone_or_wants_none(database: RolledBackDatabase, statement: str):
    await change(database, statement)
    assert await planned(database, evening()) == 0


async def test_after_a_dose_its_own_come_instead(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    assert (await act(as_therapist, client_person, session, "opening")).is_success
    dose = datetime.now(UTC) - timedelta(hours=1)
    for later in (timedelta(), timedelta(minutes=40)):
        answer = await give(as_therapist, client_person, session, given_at=(dose + later).isoformat())
        assert answer.is_success, answer.text
    for hours in (24, 48, 72):
        now = dose + timedelta(hours=hours)
        assert await planned(database, now) == 1
        assert await planned(database, evening(now.astimezone(LONDON).date())) == 0
    assert [prompt.slot.partition(":")[2] for prompt in await prompts(database)] == ["dose+24", "dose+48", "dose+72"]


async def test_whoever_noted_what_they_find_enough_is_left_alone(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    await as_client.put("/api/portal/choices", json={"check_ins_a_day": 1})
    now = datetime.now(UTC)
    at = f"{(now - MINUTE).astimezone(LONDON):%H:%M}"
    choose = "INSERT INTO reminder_choices SELECT id, true, :at, true, now() - interval '1 day' FROM people"
    await change(database, choose, at=time.fromisoformat(at))
    await put(as_client, felt_at=now.isoformat())
    assert await planned(database, now) == 0
    await change(database, "UPDATE check_in_limits SET a_day = 2")
    assert await planned(database, now) == 1


@pytest.mark.usefixtures("known")
async def test_auth_is_told_and_asked_until_it_was_sent(database: RolledBackDatabase, client_person: Person):
    now = evening() + MINUTE
    await planned(database, now)
    sent = now + timedelta(minutes=30)
    auth = Auth(("waiting", now), ("sent", sent))
    async with delivering(database, auth) as delivery:
        assert [await delivery.settle(now), await delivery.settle(now)] == [1, 0]
        assert await delivery.settle(now + MINUTE) == 1
        assert await delivery.settle(now + timedelta(hours=1)) == 0
    [prompt] = await prompts(database)
    assert (prompt.state, prompt.handed_over_at, prompt.sent_at) == ("sent", now, sent)
    told = {"person_id": str(client_person.id), "kind": "prompt"}
    assert [path for path, _ in auth.notices] == [f"/internal/notices/{prompt.id}"] * 2
    assert all({name: body[name] for name in told} == told for _, body in auth.notices)
    assert auth.notices[0][1] == auth.notices[1][1]


@pytest.mark.usefixtures("known")
async def test_what_waits_for_the_end_of_quiet_hours_is_not_asked_after_before(database: RolledBackDatabase):
    now = evening()
    await planned(database, now)
    until = now + timedelta(hours=2)
    async with delivering(database, Auth(("waiting", until))) as delivery:
        assert await delivery.settle(now) == 1
        assert await delivery.settle(until) == 0
        assert await delivery.settle(until + MINUTE) == 1


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("answer", "state", "asked"),
    [
        (("unsent", evening()), "unsent", 1),
        (404, "unsent", 1),
        (409, "unsent", 1),
        (422, "unsent", 1),
        (401, "planned", 2),
        (503, "planned", 2),
    ],
)
async def test_what_auth_will_never_send_is_unsent_and_anything_else_is_tried_again(
    database: RolledBackDatabase, answer: tuple[str, datetime] | int, state: str, asked: int
):
    await planned(database, evening())
    auth = Auth(answer)
    async with delivering(database, auth) as delivery:
        for more in range(2):
            await delivery.settle(evening() + MINUTE * more)
    assert [prompt.state for prompt in await prompts(database)] == [state]
    assert len(auth.notices) == asked


@pytest.mark.usefixtures("known")
async def test_a_round_that_broke_off_after_auth_took_it_tells_auth_the_same_again(database: RolledBackDatabase):
    now = evening()
    auth = Auth(("waiting", now))
    async with delivering(database, auth) as delivery:
        rounds = Rounds(plan, ledger_of(database), delivery)
        await rounds.go_round(now)
        await change_as_worker(database, "UPDATE prompts SET state = 'planned', handed_over_at = NULL, ask_at = due_at")
        await rounds.go_round(now + MINUTE)
    [prompt] = await prompts(database)
    assert auth.notices[0] == auth.notices[1]
    assert prompt.state == "handed_over"


async def change_as_worker(database: RolledBackDatabase, statement: str) -> None:
    async with database.sessions() as session, session.begin():
        await session.execute(text(statement))


@pytest.mark.usefixtures("known")
async def test_old_lines_are_forgotten(database: RolledBackDatabase):
    await planned(database, evening() - timedelta(days=91))
    await planned(database, evening())
    async with database.as_role("portal_worker"):
        await ledger_of(database).forget_old(datetime.now(UTC))
    assert [prompt.local_date for prompt in await prompts(database)] == [today()]

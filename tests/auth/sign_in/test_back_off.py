"""Back-off: growing waits per account and per address, never for good, and no way round it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import AuditEvent
from afterglow_auth.digests import Digests
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.sign_in.back_off import (
    FREE_TRIES_OF_AN_ACCOUNT,
    FREE_TRIES_OF_AN_ADDRESS,
    LONGEST_WAIT,
    TooSoonError,
    Tries,
    clear,
    count,
    is_first_refusal,
    take,
)
from afterglow_auth.sign_in.models import SignInTries
from afterglow_auth.sign_in.waiting import in_words
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import func, select, text, update
from sqlmodel import col

from tests.auth.arranging import Browser, Program, audited
from tests.auth.waiting import until_somebody_waits_for

WRONG = "wrong-but-long-enough"
HOLD = text("SELECT key FROM sign_in_tries WHERE key = :key FOR UPDATE NOWAIT")

Step = Callable[[Database, Tries], Awaitable[None]]


async def fail(browser: Browser, email: str, web: Program, times: int) -> list[int]:
    hidden = await browser.form(web.request())
    return [(await browser.submit(hidden, email, WRONG)).status_code for _ in range(times)]


async def let_pass(database: RolledBackDatabase, by: timedelta) -> None:
    async with database.arrange() as session:
        earlier = {"tried_at": col(SignInTries.tried_at) - by, "waits_until": col(SignInTries.waits_until) - by}
        await session.execute(update(SignInTries).values(earlier))


async def test_after_five_failures_an_account_waits_even_with_the_right_password(
    browser: Browser, other_browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    assert await fail(browser, person.email, web, FREE_TRIES_OF_AN_ACCOUNT) == [400] * 5
    answer = await other_browser.sign_in(person.email.upper(), web.request())
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= LONGEST_WAIT.total_seconds()
    assert "Please wait" in answer.text
    assert "minutes" in answer.text
    assert lint_page(answer.text, answer.headers) == []
    await let_pass(database, LONGEST_WAIT)
    assert (await other_browser.sign_in(person.email, web.request())).status_code == 303
    assert await fail(browser, person.email, web, FREE_TRIES_OF_AN_ACCOUNT) == [400] * 5  # a success cleared it


async def test_an_account_that_does_not_exist_waits_alike(browser: Browser, web: Program):
    assert await fail(browser, "nobody@example.org", web, 6) == [400] * 5 + [429]


async def test_the_first_refusal_of_each_wait_is_kept_whoever_it_is_about(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    assert await fail(browser, "nobody@example.org", web, 7) == [400] * 5 + [429] * 2
    assert await fail(browser, person.email, web, 8) == [400] * 5 + [429] * 3
    assert [event.subject_id for event in await too_soon(database)] == [None, person.id]
    await let_pass(database, LONGEST_WAIT)
    assert await fail(browser, person.email, web, 3) == [400] + [429] * 2
    assert [event.subject_id for event in await too_soon(database)] == [None, person.id, person.id]


async def too_soon(database: RolledBackDatabase) -> list[AuditEvent]:
    events = [event for event in await audited(database, "sign_in") if event.purpose == "too_soon"]
    assert {event.outcome for event in events} <= {"refused"}
    return events


async def test_of_many_refusals_at_once_one_is_the_first(committed_database: Database):
    key = new_id().bytes

    async def refused() -> bool:
        async with committed_database.unit_of_work(RowContext()) as session:
            return await is_first_refusal(session, key)

    assert not await refused()  # no wait yet
    for _ in range(FREE_TRIES_OF_AN_ACCOUNT):
        async with committed_database.unit_of_work(RowContext()) as session:
            await count(session, key, FREE_TRIES_OF_AN_ACCOUNT)
    assert Counter(await asyncio.gather(*(refused() for _ in range(20)))) == {True: 1, False: 19}


async def test_other_accounts_do_not_wait(browser: Browser, person: Person, web: Program):
    assert 429 in await fail(browser, "nobody@example.org", web, 6)
    assert (await browser.sign_in(person.email, web.request())).status_code == 303


async def test_an_address_waits_after_many_accounts_and_another_does_not(
    browser: Browser, other_browser: Browser, person: Person, web: Program
):
    hidden = await browser.form(web.request())
    for number in range(FREE_TRIES_OF_AN_ADDRESS):
        assert (await browser.submit(hidden, f"{number}@example.org", WRONG)).status_code == 400
    forwarded = {"x-forwarded-for": "203.0.113.5"}
    fields = hidden | {"email": person.email, "password": WRONG}
    assert (await browser.client.post("/auth/sign-in", data=fields, headers=forwarded)).status_code == 429
    assert (await other_browser.sign_in(person.email, web.request())).status_code == 303


@pytest.mark.usefixtures("true_first_wait")
async def test_waits_grow_to_minutes_and_no_further_and_are_not_prolonged(database: RolledBackDatabase):
    waits = []
    for _ in range(14):
        waits.append(await wait_after_a_try(database, b"key"))
        await let_pass(database, LONGEST_WAIT)
    assert waits == [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300]
    await let_pass(database, -LONGEST_WAIT)
    with pytest.raises(TooSoonError) as caught:
        await wait_after_a_try(database, b"key")
    assert timedelta() < caught.value.wait <= LONGEST_WAIT
    assert await wait_of(database, b"key") == 300  # too soon counts nothing
    await let_pass(database, timedelta(hours=2))
    assert await wait_after_a_try(database, b"key") == 0


async def wait_after_a_try(database: RolledBackDatabase, key: bytes) -> float:
    """Try once; how long after it the next try must wait."""
    async with database.unit_of_work(RowContext()) as session:
        await count(session, key, FREE_TRIES_OF_AN_ACCOUNT)
    return await wait_of(database, key)


async def wait_of(database: RolledBackDatabase, key: bytes) -> float:
    async with database.arrange() as session:
        kept = await session.get_one(SignInTries, key)
    return (kept.waits_until - kept.tried_at).total_seconds() if kept.waits_until else 0.0


async def test_of_many_at_once_only_the_free_ones_pass(committed_database: Database):
    tries = Tries.of(Digests("a key of this test"), f"{new_id()}@example.org", str(new_id()))

    async def attempt() -> str:
        try:
            await take(committed_database, tries, "nobody@example.org")
        except TooSoonError:
            return "too soon"
        return "passed"

    outcomes = Counter(await asyncio.gather(*(attempt() for _ in range(40))))
    assert outcomes == {"passed": FREE_TRIES_OF_AN_ACCOUNT, "too soon": 40 - FREE_TRIES_OF_AN_ACCOUNT}
    async with committed_database.unit_of_work(RowContext()) as session:
        counted = select(col(SignInTries.failures)).where(col(SignInTries.key) == tries.address)
        assert await session.scalar(counted) == FREE_TRIES_OF_AN_ACCOUNT  # refused tries count nowhere


async def taken(database: Database, tries: Tries) -> None:
    await take(database, tries, "nobody@example.org")


async def cleared(database: Database, tries: Tries) -> None:
    async with database.unit_of_work(RowContext()) as session:
        await clear(session, tries)


@pytest.mark.parametrize("step", [taken, cleared])
async def test_tries_and_successes_of_one_account_never_block_each_other(committed_database: Database, step: Step):
    """Both lock the address first: in opposite orders, each could hold the row that the other waits for."""
    tries = Tries.of(Digests("a key of this test"), f"{new_id()}@example.org", str(new_id()))
    await taken(committed_database, tries)
    async with committed_database.unit_of_work(RowContext()) as holder:
        await holder.execute(HOLD, {"key": tries.address})
        waiting = asyncio.create_task(step(committed_database, tries))
        await until_somebody_waits_for(holder)
        async with committed_database.unit_of_work(RowContext()) as other:
            assert (await other.execute(HOLD, {"key": tries.account})).one()  # free: whoever waits does not hold it
    await waiting


async def test_an_own_account_does_not_clear_an_address(database: RolledBackDatabase):
    digests = Digests("a key of this test")
    for number in range(10):
        await taken(database, Tries.of(digests, f"{number}@example.org", "192.0.2.1"))
    own = Tries.of(digests, "own@example.org", "192.0.2.1")
    await taken(database, own)
    async with database.unit_of_work(RowContext()) as session:
        await clear(session, own)
        failures = select(col(SignInTries.failures)).where(col(SignInTries.key) == own.address)
        assert await session.scalar(failures) == 10


async def test_what_is_kept_names_nobody_and_is_forgotten(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    await fail(browser, person.email, web, 1)
    async with database.arrange() as session:
        kept = (await session.scalars(select(SignInTries))).all()
    assert len(kept) == 2
    assert all(len(row.key) == 32 for row in kept)
    await let_pass(database, timedelta(days=2))
    await forget_expired(database)
    async with database.arrange() as session:
        assert await session.scalar(select(func.count()).select_from(SignInTries)) == 0


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 second"), (40, "40 seconds"), (119, "119 seconds"), (121, "3 minutes")]
)
def test_waiting_times_in_words(seconds: int, words: str):
    assert in_words(seconds) == words

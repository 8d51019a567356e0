"""`afterglow jobs`: what was given up is listed, tried again or dropped; and `afterglow migrate`."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from afterglow_foundation import jobs
from afterglow_foundation.database import Database
from afterglow_foundation.migrations import downgrade
from afterglow_foundation.revisions import newest
from afterglow_foundation.testing.databases import MigratedDatabase
from sqlalchemy import text

from tests.operator.sites import Operator, TestSite, reach


@pytest.fixture(scope="session")
def practice(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("auth", "deadletters")


@pytest.fixture
def operator(practice: MigratedDatabase, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return reach(TestSite(practice), monkeypatch)


def elsewhere(work: Any) -> Any:
    """In a thread of its own: the commands under test run loops of their own too."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.fixture
def given_up(practice: MigratedDatabase) -> list[int]:
    """Three jobs that a worker gave up, one after the other."""

    async def give_up() -> list[int]:
        database = Database.connect(practice.superuser_url, pool_size=1)
        async with database.engine.begin() as connection:
            await connection.execute(text("TRUNCATE jobs.pgqueuer, jobs.pgqueuer_log"))
        async with database.sessions() as session, session.begin():
            made = [await jobs.enqueue(session, "send_letter", {"letter": name}) for name in ("one", "two", "three")]
        await database.close()
        workers = Database.connect(practice.urls["auth_worker"], pool_size=3)
        worker = jobs.Worker(workers, {"send_letter": refuse})
        task = asyncio.create_task(worker.run())
        async with asyncio.timeout(20):
            while True:
                async with workers.autocommitting() as connection:
                    if {each.state: each.number for each in await jobs.count(connection)} == {"dead": 3}:
                        break
                await asyncio.sleep(0.05)
        await worker.stop()
        await task
        await workers.close()
        return made

    return list(elsewhere(give_up()))


async def refuse(_database: Database, _job: jobs.Job) -> None:
    raise jobs.HopelessError


def test_what_was_given_up_is_listed_with_its_reason(operator: Operator, given_up: list[int]):
    found = operator.json("jobs", "list")
    assert {each["id"] for each in found} == set(given_up)
    assert {each["because"] for each in found} == {"HopelessError"}
    assert {each["payload"]["letter"] for each in found} == {"one", "two", "three"}
    assert {each["tries"] for each in found} == {1}
    code, said, _ = operator.run("jobs", "list")
    assert code == 0
    assert said.count("HopelessError") == 3


def test_one_is_tried_again_and_one_is_dropped(operator: Operator, given_up: list[int]):
    first, second, third = given_up
    assert operator.json("jobs", "retry", str(first)) == [first]
    assert operator.json("jobs", "drop", str(second)) == [second]
    assert [each["id"] for each in operator.json("jobs", "list")] == [third]
    assert operator.refused("jobs", "retry", str(first)) == f"No job that was given up has the id {first}."
    assert operator.refused("jobs", "drop", "0") == "No job that was given up has the id 0."


def test_all_are_tried_again(operator: Operator, given_up: list[int]):
    assert operator.json("jobs", "retry") == given_up
    assert operator.run("jobs", "list")[:2] == (0, "No job has been given up.\n")
    assert operator.run("jobs", "retry")[:2] == (0, "0 tried again.\n")


def test_migrating_goes_to_the_newest_and_says_from_where(operator: Operator, practice: MigratedDatabase):
    head = newest("afterglow_auth")
    with ThreadPoolExecutor(1) as pool:  # Alembic runs a loop of its own
        pool.submit(downgrade, "afterglow_auth", practice.urls["auth_owner"], "0003").result()
    assert operator.json("migrate", "--service", "auth") == [
        {"service": "auth", "before": "0003", "after": head, "changed": True}
    ]
    assert operator.run("migrate", "--service", "auth")[1] == f"auth       at {head} already\n"


def test_what_cannot_be_migrated_is_one_sentence(operator: Operator):
    assert operator.refused("migrate") == "The database of portal could not be migrated: it cannot be reached."
    assert "There is no service mail" in operator.refused("migrate", "--service", "mail")

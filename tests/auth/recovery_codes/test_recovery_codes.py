"""Recovery codes: ten, shown once, each good once, and only digests of them kept."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.recovery_codes import service
from afterglow_auth.recovery_codes.models import RecoveryCode
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from tests.auth.arranging import ROUNDS, add_person, audited, letters

NOBODY = RowContext()
DIGESTS = Digests("a key of these tests")


async def make(database: Database | RolledBackDatabase, person: Person) -> list[str]:
    async with database.unit_of_work(NOBODY) as session:
        return await service.make(session, DIGESTS, person)


async def use(database: Database | RolledBackDatabase, person: Person, code: str) -> bool:
    async with database.unit_of_work(NOBODY) as session:
        return await service.use(session, DIGESTS, person.id, code)


async def left(database: RolledBackDatabase, person: Person) -> int:
    async with database.unit_of_work(NOBODY) as session:
        return await service.left(session, person.id)


@pytest_asyncio.fixture(loop_scope="session")
async def codes(database: RolledBackDatabase, person: Person) -> list[str]:
    return await make(database, person)


def test_codes_are_readable_and_long_enough():
    made = {service.new_code() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"([0-9a-hjkmnp-tv-z]{4}-){2}[0-9a-hjkmnp-tv-z]{4}", code) for code in made)
    assert len(set("".join(made))) == 33  # each of 32 letters turns up, and the hyphen


async def test_there_are_ten_and_each_is_good_once(database: RolledBackDatabase, person: Person, codes: list[str]):
    assert len(set(codes)) == 10
    for number, code in enumerate(codes):
        assert await left(database, person) == 10 - number
        assert await use(database, person, code)
        assert not await use(database, person, code)
    assert await left(database, person) == 0


@pytest.mark.parametrize(
    "written",
    [
        str.upper,
        lambda code: f" {code}\u00a0",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
    ],
    ids=["capitals", "blanks around", "letters like digits", "together", "blanks between"],
)
async def test_how_it_is_written_does_not_matter(
    database: RolledBackDatabase, person: Person, codes: list[str], written: Callable[[str], str]
):
    assert await use(database, person, written(codes[0]))


@pytest.mark.parametrize("typed", ["", "-", "0000-0000-0000", "k7qm", "' OR 1=1 --", "x" * 5000, "😀"])
async def test_an_unknown_code_is_wrong_and_uses_nothing_up(
    database: RolledBackDatabase, person: Person, codes: list[str], typed: str
):
    assert typed not in codes
    assert not await use(database, person, typed)
    assert await left(database, person) == 10


async def test_nobody_elses_code_is_right(
    database: RolledBackDatabase, person: Person, staff: dict[str, Person], codes: list[str]
):
    assert not await use(database, staff["admin"], codes[0])
    assert await use(database, person, codes[0])


async def test_new_codes_end_the_earlier_ones(database: RolledBackDatabase, person: Person, codes: list[str]):
    await use(database, person, codes[0])
    new = await make(database, person)
    assert set(new).isdisjoint(codes)
    assert not any([await use(database, person, code) for code in codes])
    assert await left(database, person) == 10
    assert await use(database, person, new[0])


async def test_only_keyed_digests_are_kept(database: RolledBackDatabase, person: Person, codes: list[str]):
    async with database.arrange() as session:
        kept = [row.digest for row in await session.scalars(select(RecoveryCode))]
    assert sorted(kept) == sorted(service.digest_of(DIGESTS, person.id, code) for code in codes)
    assert all(len(digest) == 32 for digest in kept)
    another_key, another_purpose = Digests("another key"), DIGESTS.of(Purpose.code, person.id.hex, codes[0])
    assert service.digest_of(another_key, person.id, codes[0]) not in kept
    assert another_purpose not in kept


async def test_it_is_told_and_audited(app: FastAPI, database: RolledBackDatabase, person: Person, codes: list[str]):
    assert await use(database, person, codes[0])
    assert not await use(database, person, codes[0])
    made, used = await letters(app, database)
    assert [(one.letter, one.to) for one in (made, used)] == [("codes_made", person.id), ("code_used", person.id)]
    assert used.mail
    assert "You have 9 more." in used.mail.text
    assert not any(code in used.mail.text for code in codes)
    (event,) = await audited(database, "recovery_codes:made")
    assert (event.subject_id, event.outcome) == (person.id, "success")
    (event,) = await audited(database, "recovery_code:used")
    assert (event.subject_id, event.outcome) == (person.id, "success")


async def test_its_owner_says_that_they_have_saved_them(database: RolledBackDatabase, person: Person, codes: list[str]):
    async with database.unit_of_work(NOBODY) as session:
        await service.mark_saved(session, person.id)
    async with database.arrange() as session:
        kept = (await session.scalars(select(RecoveryCode))).all()
    assert len(kept) == len(codes)
    assert all(row.saved_at for row in kept)


async def test_of_twenty_at_once_one_uses_a_code(committed_database: Database, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
    for _ in range(ROUNDS):
        (code, *_) = await make(committed_database, person)
        seen = await asyncio.gather(*(use(committed_database, person, code) for _ in range(20)))
        assert Counter(seen) == {True: 1, False: 19}


@pytest.mark.parametrize("column", ["id", "person_id", "digest", "created_at"])
@pytest.mark.usefixtures("codes")
async def test_the_app_cannot_change_whose_a_code_is_nor_itself(database: RolledBackDatabase, column: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.unit_of_work(NOBODY) as session:
            await session.execute(text(f"UPDATE recovery_codes SET {column} = {column}"))  # noqa: S608  # listed above

"""What these tests do to a factor reset: let its day pass, run its job, follow its link."""

from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from afterglow_auth.accounts.models import Person
from afterglow_auth.factor_resets.models import FactorReset
from afterglow_auth.factor_resets.settling import settle
from afterglow_auth.settings import Settings
from afterglow_foundation.database import RowContext
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col

from tests.auth.arranging import Browser, Desk, Program, letters


class Parties(NamedTuple):
    """An admin who asks, somebody with a browser of their own whom it is about, and what stands behind."""

    app: FastAPI
    desk: Desk
    browser: Browser
    person: Person
    web: Program
    database: RolledBackDatabase


LIFETIMES: Any = Settings.model_construct(
    reset_lifetime=timedelta(days=1), invitation_lifetime=timedelta(days=7), objection_time=timedelta(days=1)
)


async def run_job(database: RolledBackDatabase, reset_id: UUID | str) -> None:
    """What the worker does with one."""
    async with database.as_role("auth_worker"), database.unit_of_work(RowContext()) as session:
        await settle(session, LIFETIMES, UUID(str(reset_id)))


async def pass_the_day(database: RolledBackDatabase, reset_id: UUID | str) -> None:
    """The time to object is over, and the job comes."""
    async with database.arrange() as session:
        found = update(FactorReset).where(col(FactorReset.id) == UUID(str(reset_id)))
        await session.execute(found.values(due_at=col(FactorReset.due_at) - timedelta(days=2)))
    await run_job(database, reset_id)


async def mailed_token(app: FastAPI, database: RolledBackDatabase) -> str:
    """The token of the link to object, as it stands in the mail."""
    (letter,) = [one for one in await letters(app, database) if one.letter == "factor_reset_asked"]
    assert letter.mail
    (link,) = [line for line in letter.mail.text.splitlines() if line.startswith("http")]
    assert urlsplit(link).path == "/auth/objection"
    return parse_qs(urlsplit(link).query)["token"][0]

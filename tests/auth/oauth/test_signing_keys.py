"""Signing keys: sealed, one first key however many start, published before and after they sign."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from afterglow_auth.main import assemble
from afterglow_auth.oauth.models import SigningKey
from afterglow_auth.oauth.signing_keys import KEPT_AFTER, current, open_key, rotate
from afterglow_auth.settings import Settings
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import FileKeyProvider, SealBrokenError
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import delete, func, select, update
from sqlmodel import col


@pytest.fixture
def sealed_with(settings: Settings) -> FileKeyProvider:
    return FileKeyProvider(settings.key_encryption_keys.get_secret_value())


async def test_two_processes_at_once_make_one_key(
    settings: Settings, committed_database: Database, committed_superuser: Database
):
    async with committed_superuser.sessions() as session, session.begin():
        await session.execute(delete(SigningKey))
    signers = await asyncio.gather(*(assemble(settings, committed_database).keys.signer() for _ in range(12)))
    async with committed_superuser.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(SigningKey)) == 1
    assert len({signer.key_id for signer in signers}) == 1


async def test_the_next_key_is_published_before_it_signs_and_the_old_one_after(
    settings: Settings, database: RolledBackDatabase, sealed_with: FileKeyProvider
):
    async with database.unit_of_work(RowContext()) as session:
        first = await current(session, sealed_with)
        following = await rotate(session, sealed_with)
        assert (await rotate(session, sealed_with)).id == following.id  # one is waiting already
        assert (await current(session, sealed_with)).key_id == first.key_id
    published = [key["kid"] for key in await assemble(settings, database).keys.published()]
    assert published == [first.key_id, str(following.id)]
    await move(database, timedelta(minutes=16))
    provider = assemble(settings, database)
    assert (await provider.keys.signer()).key_id == str(following.id)
    assert [key["kid"] for key in await provider.keys.published()] == published
    await move(database, KEPT_AFTER)
    later = assemble(settings, database).keys
    assert [key["kid"] for key in await later.published()] == [str(following.id)]
    assert first.key_id in {key.kid for key in (await later.every_key()).keys}


async def move(database: RolledBackDatabase, by: timedelta) -> None:
    """Let time pass for the keys."""
    async with database.arrange() as session:
        earlier = {"active_at": col(SigningKey.active_at) - by, "retires_at": col(SigningKey.retires_at) - by}
        await session.execute(update(SigningKey).values(earlier))


async def test_private_keys_are_sealed_and_open_as_themselves_only(
    database: RolledBackDatabase, sealed_with: FileKeyProvider
):
    async with database.unit_of_work(RowContext()) as session:
        signer = await current(session, sealed_with)
        row = (await session.scalars(select(SigningKey))).one()
        other = await rotate(session, sealed_with)
        secret = str(signer.key.as_dict(private=True)["d"])
        assert secret.encode() not in row.wrapped
        assert "d" not in row.public_key
        moved = SigningKey(**(other.model_dump() | {"wrapped": row.wrapped, "active_at": datetime.now(UTC)}))
        with pytest.raises(SealBrokenError):
            await open_key(moved, sealed_with)
        with pytest.raises(SealBrokenError):
            await open_key(row, FileKeyProvider('{"1": "' + "B" * 43 + '="}'))

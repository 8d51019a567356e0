"""One live data key for each owner, whoever makes it, remembered only once it is committed."""

import asyncio
import base64
import json

import pytest
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKey, DataKeyStore, FileKeyProvider, SealBrokenError
from afterglow_foundation.sealing.store import REMEMBERED_KEYS
from sqlalchemy import select, update
from sqlmodel import col

from tests.foundation.tiny import DataKeyRow

FIRST, SECOND = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def store(**keys: str) -> DataKeyStore:
    document = {name.lstrip("v"): key for name, key in (keys or {"v1": FIRST}).items()}
    return DataKeyStore(DataKeyRow, FileKeyProvider(json.dumps(document)))


async def made(database: Database, keys: DataKeyStore, owner: object = None) -> DataKey:
    async with database.sessions() as session, session.begin():
        return await keys.find_or_make(session, owner or new_id())  # type: ignore[arg-type]  # an id, or a new one


async def test_a_key_is_made_once_and_found_again(committed_superuser: Database) -> None:
    first = await made(committed_superuser, store())
    again = await made(committed_superuser, store(), first.owner)
    assert (again.id, again.material) == (first.id, first.material)
    assert len(first.material) == 32
    assert (await made(committed_superuser, store())).material != first.material


async def test_an_owner_without_a_key_has_none(committed_superuser: Database) -> None:
    async with committed_superuser.sessions() as session:
        assert await store().find(session, new_id()) is None


async def test_makers_at_once_get_one_key(committed_superuser: Database) -> None:
    owner = new_id()
    keys = await asyncio.gather(*(made(committed_superuser, store(), owner) for _ in range(20)))
    assert len({key.id for key in keys}) == 1
    assert len({key.material for key in keys}) == 1


async def test_it_lies_wrapped_and_opens_for_its_owner_only(committed_superuser: Database) -> None:
    key, other = [await made(committed_superuser, store()) for _ in range(2)]
    async with committed_superuser.sessions() as session, session.begin():
        row = (await session.execute(select(DataKeyRow).where(col(DataKeyRow.id) == key.id))).scalar_one()
        assert key.material not in row.wrapped
        assert row.key_version == 1
        await session.execute(update(DataKeyRow).where(col(DataKeyRow.id) == other.id).values(wrapped=row.wrapped))
    async with committed_superuser.sessions() as session:
        with pytest.raises(SealBrokenError):
            await store().find(session, other.owner)


async def test_rotation_of_the_key_above_it_leaves_it_open(committed_superuser: Database) -> None:
    key = await made(committed_superuser, store(v1=FIRST))
    rotated = await made(committed_superuser, store(v1=FIRST, v2=SECOND), key.owner)
    assert rotated.material == key.material
    async with committed_superuser.sessions() as session:
        with pytest.raises(SealBrokenError):
            await store(v2=SECOND).find(session, key.owner)


async def test_who_may_not_read_it_finds_none_and_makes_none(
    committed_database: Database, committed_superuser: Database
) -> None:
    key = await made(committed_superuser, store())
    async with committed_database.sessions() as session:
        assert await store().find(session, key.owner) is None


async def test_a_key_is_remembered_by_whoever_says_so(committed_superuser: Database) -> None:
    keys = store()
    key = await made(committed_superuser, keys)
    assert keys.remembered(key.owner) is None
    keys.remember(key)
    assert keys.remembered(key.owner) is key


def test_only_so_many_are_remembered() -> None:
    keys = store()
    kept = [DataKey(id=new_id(), owner=new_id(), material=bytes(32)) for _ in range(REMEMBERED_KEYS + 3)]
    for key in kept:
        keys.remember(key)
    assert [keys.remembered(key.owner) for key in kept[:4]] == [None, None, None, kept[3]]
    assert keys.remembered(kept[-1].owner)

"""What was typed waits for its owner while they prove once more who they are."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.security.models import KeptForm

KEPT_FOR = timedelta(minutes=15)


async def keep(session: AsyncSession, person_id: UUID, path: str, fields: Mapping[str, str]) -> None:
    """Instead of whatever was kept for this person before."""
    values = {"path": path, "fields": dict(fields), "kept_at": datetime.now(UTC)}
    keeping = insert(KeptForm).values(person_id=person_id, **values)
    await session.execute(keeping.on_conflict_do_update(index_elements=["person_id"], set_=values))


async def take(session: AsyncSession, person_id: UUID, path: str) -> Mapping[str, str]:
    """What was typed on this page a moment ago, once; nothing where nothing was."""
    mine = delete(KeptForm).where(
        col(KeptForm.person_id) == person_id,
        col(KeptForm.path) == path,
        col(KeptForm.kept_at) > datetime.now(UTC) - KEPT_FOR,
    )
    fields: Mapping[str, str] | None = await session.scalar(mine.returning(col(KeptForm.fields)))
    return fields or {}


async def forget_old(session: AsyncSession) -> None:
    """What nobody came back for."""
    await session.execute(delete(KeptForm).where(col(KeptForm.kept_at) < datetime.now(UTC) - KEPT_FOR))

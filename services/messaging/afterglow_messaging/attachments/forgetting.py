"""Uploads that no message took are forgotten after a day, what is in quarantine after thirty."""

from afterglow_foundation.database import Database, RowContext
from sqlalchemy import delete
from sqlmodel import col

from afterglow_messaging.attachments.models import Attachment


async def forget_unsent(database: Database) -> None:
    """Delete them; `database` is the worker role's, whose row policy shows it what is due and nothing else."""
    async with database.unit_of_work(RowContext()) as session:
        await session.execute(delete(Attachment).where(col(Attachment.message_id).is_(None)))

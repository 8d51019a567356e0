"""The practice's settings as auth tells them, and as pages then show them."""

from afterglow_design.practice import Practice
from afterglow_foundation.database import Database
from sqlalchemy import text

SAVED = text("SELECT document FROM practice")


async def saved(database: Database) -> Practice | None:
    """What an admin has saved last, as far as it was told here."""
    rows = await database.single_statement(SAVED, {})
    return Practice.kept(rows[0].document) if rows else None

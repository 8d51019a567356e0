"""The lock under which a receiver registers, or its stream changes: meanwhile nobody publishes.

It has to be waited for while somebody publishes, and whoever publishes next waits behind us: so not for long.
"""

from datetime import datetime

from afterglow_foundation.errors import Unavailable
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.events import outbox

NOT_FOR_LONG = text("SET LOCAL lock_timeout = '2s'")
AS_EVER = text("SET LOCAL lock_timeout TO DEFAULT")
NO_LOCK = "55P03"
AGAIN_IN = "1"  # seconds


async def lock(session: AsyncSession) -> datetime:
    """Keep publishers and other changes out until the commit, and return the database's time.

    Raises Unavailable, with the transaction lost, where somebody publishes for so long that others would have to wait
    for us.
    """
    await session.execute(NOT_FOR_LONG)
    try:
        await session.execute(outbox.REGISTERING)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == NO_LOCK:
            raise Unavailable(headers={"Retry-After": AGAIN_IN}) from error
        raise
    await session.execute(AS_EVER)
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now

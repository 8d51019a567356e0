"""A part of a service's life: every minute what is due is planned, and every few seconds handed over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Generic

import structlog

from afterglow_foundation.client import ServiceClient, ServiceTokens
from afterglow_foundation.database import Database
from afterglow_foundation.notices.contract import SCOPE, NoticeKind
from afterglow_foundation.notices.delivery import Delivery
from afterglow_foundation.notices.ledger import Ledger, LineT
from afterglow_foundation.settings import ClientSettings
from afterglow_foundation.telemetry import frames_of

logger = structlog.get_logger()
EVERY = timedelta(seconds=10)
PLAN_EVERY = timedelta(minutes=1)
FORGET_EVERY = timedelta(hours=1)
Plan = Callable[[Database, datetime], Awaitable[int]]


class Rounds(Generic[LineT]):
    """`plan` enters what is due now in the ledger. Any number of processes may go round."""

    def __init__(self, plan: Plan, ledger: Ledger[LineT], delivery: Delivery[LineT]) -> None:
        self._plan = plan
        self._ledger = ledger
        self._delivery = delivery
        self._plan_at = self._forget_at = datetime.min.replace(tzinfo=UTC)

    async def go_round(self, now: datetime) -> None:
        if now >= self._plan_at:
            await self._plan(self._ledger.database, now)
            self._plan_at = now + PLAN_EVERY
        await self._delivery.settle(now)
        if now >= self._forget_at:
            await self._ledger.forget_old(now)
            self._forget_at = now + FORGET_EVERY

    async def go_on(self) -> None:
        """Go round for ever; whatever goes wrong is tried again in the next round."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            try:
                await self.go_round(datetime.now(UTC))
            except Exception as error:  # noqa: BLE001  # whatever it was, notices must go on
                logger.warning("notices not planned", error_type=type(error).__name__, frames=frames_of(error)[-3:])


@asynccontextmanager
async def going_round(
    settings: ClientSettings, table: type[LineT], *, person: str, kind: NoticeKind, plan: Plan
) -> AsyncIterator[None]:
    """Go round while the service runs, as its worker role; what the rest means says `Ledger`."""
    database = Database.connect(settings.worker_database_url.get_secret_value(), pool_size=2)
    auth = ServiceClient(settings.auth_url)
    tokens = ServiceTokens(
        auth, issuer=settings.issuer, client_id=settings.client_id, private_key=settings.private_key, scope=SCOPE
    )
    ledger = Ledger(database, table, person, kind)
    task = asyncio.create_task(Rounds(plan, ledger, Delivery(ledger, auth, tokens)).go_on())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await auth.close()
        await database.close()

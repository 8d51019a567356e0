"""One LISTEN connection per process, for all of its streams; it comes back by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

logger = structlog.get_logger()
LOOK_AFTER = 10.0  # seconds between two questions whether the connection still lives
PATIENCE = 5.0
PAUSES = (0.0, 0.2, 0.5, 1.0)  # before each try to come back; then the last one again and again
NAMED = {"application_name": "listening"}  # how pg_stat_activity shows it
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Listening:
    """Hands every payload of `channel` to `hear`, and calls `missed` whenever it (again) begins to listen.

    What was announced while nobody listened is lost: after `missed`, whoever waits has to look for themselves.
    `url` is the app role's, as the settings have it (`postgresql+asyncpg://…`).
    """

    def __init__(self, url: str, channel: str, *, hear: Callable[[str], None], missed: Callable[[], None]) -> None:
        self._url = url.replace("+asyncpg", "", 1)
        self._channel = channel
        self._hear = hear
        self._missed = missed
        self.connected = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._listen_for_ever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen_for_ever(self) -> None:
        tries = 0
        while True:
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
            try:
                connection = await asyncpg.connect(self._url, timeout=PATIENCE, server_settings=NAMED)
                await self._listen(connection)
                tries = 1
            except AWAY as error:
                logger.warning("not listening", channel=self._channel, error_type=type(error).__name__)

    async def _listen(self, connection: asyncpg.Connection) -> None:
        """Listen until the connection breaks."""
        broken = asyncio.Event()
        connection.add_termination_listener(lambda _: broken.set())
        try:
            await connection.add_listener(self._channel, self._take)
            self.connected.set()
            self._missed()
            while not await happens(broken, within=LOOK_AFTER):
                await connection.execute("SELECT 1", timeout=PATIENCE)  # it can be gone without a word
        finally:
            self.connected.clear()
            connection.terminate()

    def _take(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._hear(str(payload))


async def happens(event: asyncio.Event, *, within: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            await event.wait()
    return event.is_set()

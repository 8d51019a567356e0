"""What must be done though it cannot be now: tried again for a while, while nobody waits for it."""

from asyncio import Task, create_task, sleep
from collections.abc import Awaitable, Callable

import structlog

logger = structlog.get_logger()
AGAIN_AFTER = (1, 5, 30, 120, 600, 1800)  # seconds
UNDER_WAY: set[Task[None]] = set()  # the loop itself holds its tasks weakly


async def persist(step: Callable[[], Awaitable[bool]], name: str) -> None:
    """Do `step` now and, until it answers True, again. Returns after the first try; a restart forgets the others."""
    if await step():
        return
    task = create_task(try_again(step, name))
    UNDER_WAY.add(task)
    task.add_done_callback(UNDER_WAY.discard)


async def try_again(step: Callable[[], Awaitable[bool]], name: str) -> None:
    for wait in AGAIN_AFTER:
        await sleep(wait)
        if await step():
            return
    logger.warning("given up", step=name)

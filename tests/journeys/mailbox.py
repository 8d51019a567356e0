"""What arrives by mail: looked for until it is there."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PATIENCE = 30  # seconds


@dataclass(frozen=True)
class Mailbox:
    """`read` answers every mail so far, the newest first."""

    read: Callable[[], list[dict[str, Any]]]

    async def to(self, address: str, subject: str = "") -> dict[str, Any]:
        """Wait for a mail to an address with that in its subject; return the newest."""
        return await self.wait(lambda mail: mail["to"] == address and subject in mail["subject"])

    async def link_for(self, address: str, path: str) -> str:
        """Wait for a mail to an address with a link to that path; return the newest one's."""
        mail = await self.wait(lambda mail: mail["to"] == address and any(path in link for link in mail["links"]))
        return next(str(link) for link in mail["links"] if path in link)

    async def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        last = time.monotonic() + PATIENCE
        while time.monotonic() < last:
            found = next(filter(wanted, await asyncio.to_thread(self.read)), None)
            if found:
                return found
            await asyncio.sleep(0.3)
        raise AssertionError(f"No such mail came within {PATIENCE} seconds.")

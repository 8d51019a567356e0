"""Who waits on this process. A wake-up raises a flag: a reader who is slow finds one flag, not a queue."""

import asyncio


class Listener:
    """One stream's flag: there is something to look at, or an end."""

    __slots__ = ("_flag", "ended")

    def __init__(self) -> None:
        self.ended = False
        self._flag = asyncio.Event()
        self._flag.set()  # what came before it listened is looked at first

    def wake(self) -> None:
        self._flag.set()

    def wake_later(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.wake)

    def end(self) -> None:
        self.ended = True
        self._flag.set()

    async def woken(self, seconds: float) -> bool:
        """Wait for the flag and take it down; False when none was raised in time."""
        if not self._flag.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._flag.wait()
            except TimeoutError:
                return False
        self._flag.clear()
        return True

"""How fresh this process's picture of auth is."""

import math
import time

from afterglow_foundation.errors import Unavailable

STALE_AFTER = 30.0
TRY_AGAIN = "5"


class StaleFeed(Unavailable):
    """Who may do what could have changed in the meantime, and this is something that must not be got wrong."""

    code, title = "stale_feed", "This is not available until we hear from the sign-in service again"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": TRY_AGAIN})


class Feed:
    """When auth was last heard of and all that it told was applied.

    A feed that nobody follows is not judged: an app in a test has no receiver running unless its lifespan does.
    """

    def __init__(self) -> None:
        self._heard_at: float | None = None
        self._verified_at: float | None = None

    def begin(self) -> None:
        """Somebody follows from now on, and has heard nothing yet."""
        self._heard_at = -STALE_AFTER * 2 + time.monotonic()

    def hear(self) -> None:
        self._heard_at = time.monotonic()

    def verify(self) -> None:
        """What was sent through the whole of it has come back."""
        self._verified_at = time.monotonic()

    @property
    def verified_age(self) -> float:
        """Seconds since that was so last; infinite before the first time."""
        return math.inf if self._verified_at is None else time.monotonic() - self._verified_at

    @property
    def age(self) -> float:
        """Seconds since auth was last heard of."""
        return 0.0 if self._heard_at is None else time.monotonic() - self._heard_at

    @property
    def is_stale(self) -> bool:
        return self.age > STALE_AFTER

    async def ready(self) -> bool:
        return not self.is_stale

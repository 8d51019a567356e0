"""Codes of an authenticator app, as somebody in a hurry types them: each once, and the next one a little early."""

import time

from pyotp import TOTP

STEP = 30  # seconds; auth takes the code of the step before and after too
_used: dict[str, int] = {}


def next_code(secret: str) -> str:
    """A code that this process has not used before; waits where the clock is not far enough for one."""
    step = max(int(time.time()) // STEP, _used.get(secret, 0) + 1)
    time.sleep(max(0.0, (step - 1) * STEP - time.time()))
    _used[secret] = step
    return TOTP(secret).generate_otp(step)

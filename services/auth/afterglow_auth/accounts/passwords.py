"""Passwords: argon2id in a few threads, so that neither the event loop nor memory pays for many at once."""

import os
import unicodedata
from functools import cache, partial

import anyio
from anyio import to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST_PASSWORD = 15  # NIST SP 800-63B-4: a password that stands alone
LONGEST_PASSWORD = 1024
MEMORY_KIBIBYTES = 19 * 1024
HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=MEMORY_KIBIBYTES, parallelism=1),))


@cache
def limiter() -> anyio.CapacityLimiter:
    """As many hashes at once as there are cores: more would only wait for each other and hold 19 MiB each."""
    return anyio.CapacityLimiter(os.cpu_count() or 1)


@cache
def dummy_hash() -> str:
    """What is verified where there is no account, so that the answer takes as long."""
    return HASHER.hash("nobody has this password")


def normalise(password: str) -> str:
    """The same characters whatever keyboard typed them (NFKC)."""
    return unicodedata.normalize("NFKC", password)


async def hash_password(password: str) -> str:
    return await to_thread.run_sync(HASHER.hash, normalise(password), limiter=limiter())


async def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether the password is right, and a new hash where the stored one has older parameters.

    Without a stored hash it takes the same time and is wrong.
    """
    check = partial(HASHER.verify_and_update, normalise(password), stored or dummy_hash())
    right, updated = await to_thread.run_sync(check, limiter=limiter())
    return (right, updated) if stored else (False, None)

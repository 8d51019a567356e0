"""Passwords in tests: argon2id with next to nothing to do, since thousands of tests would pay what one proves."""

from collections.abc import Iterator

import pytest
from afterglow_auth.accounts import passwords
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

TRUE_HASHER = passwords.HASHER
CHEAP_HASHER = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(scope="session", autouse=True)
def cheap_hashing() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", CHEAP_HASHER)
        passwords.dummy_hash.cache_clear()
        yield
    passwords.dummy_hash.cache_clear()


@pytest.fixture
def true_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", TRUE_HASHER)

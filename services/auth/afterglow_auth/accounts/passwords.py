"""Passwords: which will do, and argon2id in a few threads, so that many at once cost neither event loop nor memory.

The rules are NIST SP 800-63B-4's: a length, and nothing that is tried first. No rule asks for kinds of characters.
"""

import asyncio
import contextlib
import os
import sys
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar, TypeVarTuple

from afterglow_design.languages import LazyString, lazy
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from afterglow_auth.accounts import own_words
from afterglow_auth.accounts.common_passwords import is_common
from afterglow_auth.accounts.guessing import estimate

SHORTEST_PASSWORD = 15  # NIST SP 800-63B-4: a password that stands alone
SHORTEST_WITH_SECOND = 8  # and one beside a second factor
LONGEST_PASSWORD = 1024
MEMORY_KIBIBYTES = 19 * 1024
STRONG_ALONE = 3  # zxcvbn's: safe even from somebody who stole the hashes and has one computer
STRONG_WITH_SECOND = 2  # and safe from somebody who may try as often as they like, which nobody may
MISSING = lazy("Please choose a password.")
TOO_LONG = lazy("That is longer than any password here. %(longest)s characters are the most.", longest=LONGEST_PASSWORD)
OWN_WORDS = lazy("It contains your name, your e-mail address or the name of the practice. Please leave that out.")
COMMON = lazy("Many people use this password, so it is tried first. Please choose another.")
GUESSABLE = lazy("That is easy to guess. Please add a word or two that have nothing to do with the others.")
LEVELS = (
    lazy("Very easy to guess"),
    lazy("Easy to guess"),
    lazy("Could be guessed"),
    lazy("Hard to guess"),
    lazy("Very hard to guess"),
)
STANDS_BACK = 5  # of nice's steps: a third of the event loop's share, so that a busy machine lets nobody wait for good
HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=MEMORY_KIBIBYTES, parallelism=1),))

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


@cache
def hashing_threads() -> ThreadPoolExecutor:
    """As many hashes at once as there are cores: more would only wait for each other and hold 19 MiB each."""
    return ThreadPoolExecutor(os.cpu_count() or 1, "hashing", initializer=stand_back)


def stand_back() -> None:
    """Let this thread wait for whoever else wants a core, first of all the event loop (decision 0068).

    On Linux alone a priority is a thread's. Where it may not be changed, hashes take turns with the rest.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + STANDS_BACK)


async def in_hashing_thread(work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
    return await asyncio.get_running_loop().run_in_executor(hashing_threads(), work, *arguments)


@cache
def dummy_hash() -> str:
    """What is verified where there is no account, so that the answer takes as long."""
    return HASHER.hash("nobody has this password")


def normalise(password: str) -> str:
    """The same characters whatever keyboard typed them (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def is_too_short(password: str) -> bool:
    return len(normalise(password)) < SHORTEST_PASSWORD


def is_too_long(password: str) -> bool:
    return max(len(password), len(normalise(password))) > LONGEST_PASSWORD


@dataclass(frozen=True, slots=True)
class Strength:
    """From 0 to 4, in words, and why it will not do (None if it will)."""

    score: int
    words: LazyString
    fault: LazyString | None


async def fault(password: str, *, alone: bool, about: Sequence[str]) -> LazyString | None:
    """Why a new password will not do, in words for whoever chose it; None if it will.

    `alone`: nothing else is asked for at sign-in. `about` are texts that others know: the person's name and address,
    the name of the practice.
    """
    found = rule_broken(password, alone=alone, about=about)
    if found is None and await estimate(normalise(password), about) < strong_enough(alone=alone):
        return GUESSABLE
    return found


async def strength(password: str, about: Sequence[str], *, alone: bool = True) -> Strength:
    """For the meter beside the field. Raises TooBusyError: a meter may stay silent for a moment."""
    broken = rule_broken(password, alone=alone, about=about)
    score = await estimate(normalise(password)[:LONGEST_PASSWORD], about, patient=False)
    score = min(score, 1) if broken else score
    return Strength(score, LEVELS[score], broken or (GUESSABLE if score < strong_enough(alone=alone) else None))


def rule_broken(password: str, *, alone: bool, about: Sequence[str]) -> LazyString | None:
    """The rules that are quickly checked; lengths are in characters, of the password as it is kept."""
    shortest = SHORTEST_PASSWORD if alone else SHORTEST_WITH_SECOND
    kept = normalise(password)
    if not kept:
        return MISSING
    if len(kept) < shortest:
        return too_short(shortest)
    if is_too_long(password):
        return TOO_LONG
    if own_words.stands_in(kept, about):
        return OWN_WORDS
    return COMMON if is_common(kept) else None


def strong_enough(*, alone: bool) -> int:
    return STRONG_ALONE if alone else STRONG_WITH_SECOND


def too_short(shortest: int) -> LazyString:
    return lazy("Please use at least %(shortest)s characters. Four or five words will do.", shortest=shortest)


async def hash_password(password: str) -> str:
    return await in_hashing_thread(HASHER.hash, normalise(password))


async def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether the password is right, and a new hash where the stored one has older parameters.

    Without a stored hash it takes the same time and is wrong.
    """
    right, updated = await in_hashing_thread(HASHER.verify_and_update, normalise(password), stored or dummy_hash())
    return (right, updated) if stored else (False, None)

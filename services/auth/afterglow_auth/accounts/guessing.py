"""How hard a password is to guess, as zxcvbn estimates it."""

from collections.abc import Iterator, Sequence
from functools import cache

import anyio
from anyio import to_thread

LONGEST_PIECE = 40
MOST_STAND_INS = 12  # the library tries every meaning of each, which takes seconds for twenty
PIECES = 2
STAND_INS = frozenset("4@8({[<369&#!1/|0$5+7%2")
MOST_WAITING = 8


class TooBusyError(Exception):
    """Too many wait for an estimate already."""


@cache
def one_at_a_time() -> anyio.CapacityLimiter:
    """The library keeps a person's own words in a global while it works."""
    return anyio.CapacityLimiter(1)


async def estimate(password: str, about: Sequence[str], *, patient: bool = True) -> int:
    """From 0 (tried at once) to 4 (more than ten thousand million guesses), beside the event loop.

    Raises TooBusyError instead of waiting long where the caller is not `patient`.
    """
    if not patient and one_at_a_time().statistics().tasks_waiting >= MOST_WAITING:
        raise TooBusyError
    return await to_thread.run_sync(guess, password, list(about), limiter=one_at_a_time())


def guess(password: str, about: list[str]) -> int:
    """A password is as strong as its strongest piece; pieces keep the time within bounds whatever is typed."""
    from zxcvbn import zxcvbn  # noqa: PLC0415  # its lists weigh megabytes, and most processes never need them
    from zxcvbn.matching import RANKED_DICTIONARIES  # noqa: PLC0415  # the same

    try:
        return max((int(zxcvbn(piece, about)["score"]) for piece in pieces(password)), default=0)
    finally:
        RANKED_DICTIONARIES.pop("user_inputs", None)


def pieces(password: str) -> Iterator[str]:
    rest = password
    for _ in range(PIECES):
        end = end_of_piece(rest)
        if end:
            yield rest[:end]
        rest = rest[end:]


def end_of_piece(text: str) -> int:
    seen: set[str] = set()
    for place, character in enumerate(text[:LONGEST_PIECE]):
        seen |= {character} & STAND_INS
        if len(seen) > MOST_STAND_INS:
            return place
    return min(len(text), LONGEST_PIECE)

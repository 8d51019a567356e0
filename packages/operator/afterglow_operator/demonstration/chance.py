"""Chance from a fixed seed: the same data for the same day, on every machine."""

from datetime import datetime
from random import Random
from uuid import UUID

SEED = "the light that stays after the sun is gone"


def chance(*subject: object) -> Random:
    """A source of its own for each subject, so that a change to one person leaves the others as they are."""
    return Random(" / ".join([SEED, *map(str, subject)]))  # noqa: S311  # lifelike, nothing secret


def identifier(at: datetime, source: Random) -> UUID:
    """A UUIDv7 of the time `at` whose random part comes from `source`."""
    milliseconds = int(at.timestamp() * 1000)
    high = milliseconds << 16 | 7 << 12 | source.getrandbits(12)
    return UUID(int=high << 64 | 0b10 << 62 | source.getrandbits(62))

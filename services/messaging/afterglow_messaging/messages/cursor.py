"""Where a reader stands in what was stored: a PostgreSQL snapshot, the set of transactions whose rows it has seen.

Numbers and times are given before a transaction commits, so a reader who remembers the largest can miss a smaller one
that commits later. A snapshot cannot: new is what the old snapshot does not see and the present one does, whatever
order transactions commit in. Decision 0010 weighs it against counters.
"""

import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

LONGEST = 8_192  # two snapshots with hundreds of transactions in progress each
LARGEST_XID = 2**64 - 1
EPOCH = 2**32  # a transaction's number is none where its lower half is zero; PostgreSQL refuses it in a snapshot
LARGEST_NUMBER = 2**63 - 1
NUMBER = r"[1-9][0-9]{0,19}"
SNAPSHOT = re.compile(rf"({NUMBER}):({NUMBER}):((?:{NUMBER}(?:,{NUMBER})*)?)", re.ASCII)
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
BETWEEN = "~"


class UnreadableCursorError(ValueError):
    """No cursor of ours, or one of another database: what it has seen cannot be told."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A `pg_snapshot` in PostgreSQL's own words, `xmin:xmax:in progress`; parsed as strictly as PostgreSQL does."""

    text: str
    end: int  # xmax: the first transaction that had not begun to end

    @classmethod
    def parse(cls, text: str) -> Self:
        found = SNAPSHOT.fullmatch(text)
        if found is None:
            raise UnreadableCursorError
        start, end = int(found[1]), int(found[2])
        running = [int(number) for number in found[3].split(",") if number]
        real = all(number % EPOCH for number in (start, end, *running))
        ascending = running == sorted(set(running)) and all(start <= number < end for number in running)
        if not (real and start <= end <= LARGEST_XID and ascending):
            raise UnreadableCursorError
        return cls(text, end)


@dataclass(frozen=True, slots=True)
class Place:
    """The last message that was read of a batch which is being read in parts."""

    conversation_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything that `since` sees was read; with `until`, also what `until` sees up to `place`."""

    since: Snapshot
    until: Snapshot | None = None
    place: Place | None = None

    def __str__(self) -> str:
        if self.until is None or self.place is None:
            return self.since.text
        parts = (self.since.text, self.until.text, str(self.place.conversation_id), str(self.place.sequence))
        return BETWEEN.join(parts)

    def refuse_later_than(self, now: Snapshot) -> None:
        """Raise UnreadableCursorError where it has seen more than there is: it is another database's."""
        if max(self.since.end, self.until.end if self.until else 0) > now.end:
            raise UnreadableCursorError

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` wrote. Raises UnreadableCursorError for anything else."""
        since, *rest = text.split(BETWEEN) if len(text) <= LONGEST else [""]
        if not rest:
            return cls(Snapshot.parse(since))
        if len(rest) != 3 or not ID.fullmatch(rest[1]) or not re.fullmatch(NUMBER, rest[2], re.ASCII):  # noqa: PLR2004  # the three parts above
            raise UnreadableCursorError
        place = Place(UUID(rest[1]), int(rest[2]))
        if place.sequence > LARGEST_NUMBER:
            raise UnreadableCursorError
        return cls(Snapshot.parse(since), Snapshot.parse(rest[0]), place)

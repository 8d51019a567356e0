"""Where a search goes on: after the message that was opened last, on the way from the newest to the oldest."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from afterglow_foundation.errors import FieldError, InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LARGEST_NUMBER = 2**63 - 1
CURSOR = re.compile(r"([0-9]{1,16})~([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})~([1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A message, by what orders the messages of several conversations."""

    sent_at: datetime
    conversation_id: UUID
    sequence: int

    def __str__(self) -> str:
        return f"{(self.sent_at - EPOCH) // MICROSECOND}~{self.conversation_id}~{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` wrote. Raises InvalidInput, naming `after`, for anything else."""
        found = CURSOR.fullmatch(text)
        if found is None or int(found[3]) > LARGEST_NUMBER:
            raise InvalidInput(errors=[FieldError(field="after", code="cursor", message="This is no cursor of ours.")])
        return cls(EPOCH + int(found[1]) * MICROSECOND, UUID(found[2]), int(found[3]))

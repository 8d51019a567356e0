"""The place in a list of check-ins, as an opaque word."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from afterglow_foundation.errors import FieldError, InvalidInput


def not_a_place() -> InvalidInput:
    return InvalidInput(errors=[FieldError(field="after", code="cursor", message="This is not a place in the list.")])


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last check-in of a page: the next page begins after it."""

    felt_at: datetime
    id: UUID

    def encode(self) -> str:
        plain = f"{self.felt_at.astimezone(UTC).isoformat()}|{self.id}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, word: str) -> Self:
        """Raise InvalidInput for a word that no page gave."""
        try:
            plain = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()
            felt_at, _, check_in_id = plain.partition("|")
            moment = datetime.fromisoformat(felt_at)
            cursor = cls(moment.astimezone(UTC), UUID(check_in_id))
        except (ValueError, OverflowError) as error:  # year 1 east of Greenwich is no year there
            raise not_a_place() from error
        if moment.tzinfo is None or cursor.encode() != word:
            raise not_a_place()
        return cursor

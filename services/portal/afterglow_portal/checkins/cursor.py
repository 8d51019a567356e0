"""The place in a list of check-ins, as an opaque word."""

import base64
from dataclasses import dataclass
from datetime import datetime
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
        return base64.urlsafe_b64encode(f"{self.felt_at.isoformat()}|{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, word: str) -> Self:
        """Raise InvalidInput for a word that no page gave."""
        try:
            plain = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()
            felt_at, _, check_in_id = plain.partition("|")
            cursor = cls(datetime.fromisoformat(felt_at), UUID(check_in_id))
        except ValueError as error:
            raise not_a_place() from error
        if cursor.felt_at.tzinfo is None or cursor.encode() != word:
            raise not_a_place()
        return cursor

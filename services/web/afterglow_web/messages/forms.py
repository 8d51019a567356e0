"""The form that sends a message, and the body messaging takes."""

from collections.abc import Mapping
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel

VERSION = 7


class MessageForm(BaseModel):
    """The fields as typed; everything is text and may be missing."""

    id: str = ""
    text: str = ""
    kept: str = ""

    @classmethod
    def empty(cls) -> "MessageForm":
        return cls(id=str(new_id()))

    @classmethod
    def again(cls, fields: Mapping[str, str], *, kept: str) -> "MessageForm":
        """The form as it was kept over a sign-in."""
        return cls.model_validate({**fields, "kept": kept})

    def anew(self) -> "MessageForm":
        """The same words as a new message."""
        return self.model_copy(update={"id": str(new_id())})

    @property
    def message_id(self) -> UUID | None:
        """The id that our page made (UUIDv7); None for anything else."""
        try:
            found = UUID(self.id)
        except ValueError:
            return None
        return found if found.version == VERSION else None

    @property
    def kept_id(self) -> UUID | None:
        """Which kept form this one was; anything that is not an id is none."""
        try:
            return UUID(self.kept)
        except ValueError:
            return None

    def body(self) -> dict[str, str]:
        """The JSON that messaging takes. Line ends as the browser's module sends them: both must be one message."""
        return {"text": self.text.replace("\r\n", "\n")}

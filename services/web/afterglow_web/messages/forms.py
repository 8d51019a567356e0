"""The form that sends a message, and the body messaging takes."""

from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel

from afterglow_web.attachments.choosing import MOST, Chosen
from afterglow_web.session.kept_forms import known_id

VERSION = 7


class MessageForm(BaseModel):
    """The fields as typed; everything is text and may be missing."""

    id: str = ""
    text: str = ""
    attached_1: str = ""
    attached_2: str = ""
    attached_3: str = ""
    attached_4: str = ""
    attached_5: str = ""
    kept: str = ""
    reply_to: str = ""
    sure: str = ""  # said yes where the page asked once more

    @classmethod
    def empty(cls, reply_to: UUID | None = None, *, text: str = "") -> Self:
        return cls(id=str(new_id()), reply_to=str(reply_to or ""), text=text)

    @classmethod
    def again(cls, fields: Mapping[str, str], *, kept: str) -> Self:
        """The form as it was kept over a sign-in."""
        return cls.model_validate({**fields, "kept": kept})

    def anew(self) -> Self:
        """The same words as a new message."""
        return self.model_copy(update={"id": str(new_id())})

    def replying_to_none(self) -> Self:
        return self.model_copy(update={"reply_to": ""})

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
        return known_id(self.kept)

    @property
    def replies_to(self) -> UUID | None:
        """The message that this one replies to; anything that is not an id is none."""
        return known_id(self.reply_to)

    @property
    def chosen(self) -> list[Chosen]:
        """The files that are there already; whatever is none of our page's own fields is left out."""
        fields = (self.attached_1, self.attached_2, self.attached_3, self.attached_4, self.attached_5)
        return [chosen for field in fields if (chosen := Chosen.read(field))]

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not self.chosen

    def with_files(self, chosen: list[Chosen]) -> Self:
        fields = {f"attached_{number}": str(one) for number, one in enumerate(chosen, start=1)}
        empty = {f"attached_{number}": "" for number in range(1, MOST + 1)}
        return self.model_copy(update={**empty, **fields})

    def body(self) -> dict[str, Any]:
        """The JSON that messaging takes. Line ends as the browser's module sends them: both must be one message."""
        files = {"attachments": [str(one.id) for one in self.chosen]} if self.chosen else {}
        reply = {"reply_to": str(self.replies_to)} if self.replies_to else {}
        return {"text": self.text.replace("\r\n", "\n"), **reply, **files}


class CorrectionForm(MessageForm):
    """Other words for a message; `id` is the correction's own, `replaces` the version that the page showed."""

    replaces: str = "0"

    @property
    def replaced(self) -> int | None:
        """None for anything that our page did not write."""
        return int(self.replaces) if self.replaces.isascii() and self.replaces.isdigit() else None

    def body(self) -> dict[str, Any]:
        return {"id": self.id, "replaces": self.replaced, "text": super().body()["text"]}

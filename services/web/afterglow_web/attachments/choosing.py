"""Files that come with a plain form: sent on before the message, so that a refusal of either loses neither."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.identifiers import new_id
from fastapi import Depends
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.requests import Request

from afterglow_web.attachments.asking import Files
from afterglow_web.attachments.wording import (
    NOT_REACHED,
    TOO_LARGE_FOR_A_FORM,
    TOO_MANY_FOR_ONE,
    about_files,
    refusal_words,
)

LARGEST_FORM = 900_000  # bytes: a form with them fits into what one request may carry; the page's module sends in parts
MOST = 5


class Chosen(BaseModel):
    """A file that is there already and goes with the message: in a form its id, a space, and its name."""

    id: UUID
    name: str

    @classmethod
    def read(cls, text: str) -> "Chosen | None":
        identifier, _, name = text.partition(" ")
        try:
            return cls(id=UUID(identifier), name=name)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


async def uploads_of(request: Request) -> list[UploadFile]:
    """The files of a posted form; a field in which nothing was chosen comes without a name."""
    found = (await request.form()).getlist("file")
    return [one for one in found if isinstance(one, UploadFile) and one.filename]


UploadsOfForm = Annotated[list[UploadFile], Depends(uploads_of)]


async def take(
    files: Files, conversation: UUID, uploads: Sequence[UploadFile], chosen: list[Chosen]
) -> tuple[list[Chosen], str | None]:
    """Send each file on; return all that are there by now, and why one was not taken."""
    if len(uploads) + len(chosen) > MOST:
        return chosen, about_files(TOO_MANY_FOR_ONE)
    if sum(one.size or 0 for one in uploads) > LARGEST_FORM:
        return chosen, about_files(TOO_LARGE_FOR_A_FORM)
    for one in uploads:
        try:
            told = await files.send(conversation, new_id(), one, size=one.size or 0, name=one.filename or "")
        except UpstreamProblem as problem:
            return chosen, about_files(refusal_words(problem))
        except Unavailable:
            return chosen, about_files(NOT_REACHED)
        chosen = [*chosen, Chosen(id=told.id, name=told.name)]
    return chosen, None

"""A saved answer as typed, and what messaging's answer means for the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from uuid import UUID

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel

from afterglow_web.session.kept_forms import known_id

NO_NAME = lazy("Enter a name of one line, at most 80 characters")
NO_TEXT = lazy("Write the words of the answer, at most 10,000 characters")
TOO_MANY = lazy("Not saved: fifty saved answers are the most. Delete one first; your words are still here.")
OVERTAKEN = lazy("This answer was changed in another window. Save once more to put these words in its place.")
USED_BEFORE = lazy("This form was used before. Your words are still here: save once more.")
REFUSED: Mapping[str, LazyString] = {"too_many_saved": TOO_MANY, "overtaken": OVERTAKEN, "conflict": USED_BEFORE}
FIELDS = {"name": NO_NAME, "text": NO_TEXT}


class AnswerForm(BaseModel):
    """`id` is made by our page for a new one; `replaces` is the version that the page showed."""

    id: str = ""
    name: str = ""
    text: str = ""
    replaces: str = "0"
    kept: str = ""

    @classmethod
    def empty(cls) -> Self:
        return cls(id=str(new_id()))

    @property
    def answer_id(self) -> UUID:
        """Another one than our page's is as good as none: messaging takes it or makes nothing of it."""
        return known_id(self.id) or new_id()

    @property
    def kept_id(self) -> UUID | None:
        return known_id(self.kept)

    def body(self) -> dict[str, Any]:
        """Line ends as everywhere in messages."""
        return {"name": self.name.strip(), "text": self.text.replace("\r\n", "\n")}

    def version(self) -> int:
        return int(self.replaces) if self.replaces.isascii() and self.replaces.isdigit() else 0

    def missing(self) -> dict[str, str]:
        return {name: str(words) for name, words in FIELDS.items() if not getattr(self, name).strip()}


@dataclass(frozen=True)
class Refused:
    """The form to show again: with what is wrong by field, or with one sentence."""

    form: AnswerForm
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None


def refused(form: AnswerForm, problem: UpstreamProblem) -> Refused:
    """Raises the problem again where it is not about what was typed."""
    wrong = {one.field: str(FIELDS[one.field]) for one in problem.upstream.errors if one.field in FIELDS}
    if problem.upstream_status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        wrong = {"text": str(NO_TEXT)}
    if wrong:
        return Refused(form, errors=wrong)
    if problem.upstream_status == HTTPStatus.CONFLICT and (said := REFUSED.get(problem.upstream.code)):
        again = {"id": str(new_id())} if said is USED_BEFORE else {}
        return Refused(form.model_copy(update=again), HTTPStatus.CONFLICT, message=str(said))
    raise problem

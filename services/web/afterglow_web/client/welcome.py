"""The standing choices as a form: asked plainly, nothing chosen beforehand, both needed."""

from afterglow_design.languages import lazy
from pydantic import BaseModel

from afterglow_web.records import Choices, Visibility

QUESTIONS = {
    "check_ins": lazy("Say who may see your check-ins"),
    "journal": lazy("Say who may see your journal"),
}


class ChoicesForm(BaseModel):
    """The two answers as posted; an empty one was not given."""

    check_ins: str = ""
    journal: str = ""

    @classmethod
    def of(cls, choices: Choices) -> "ChoicesForm":
        return cls(check_ins=choices.check_ins or "", journal=choices.journal or "")

    def errors(self) -> dict[str, str]:
        """The questions without a usable answer, by field."""
        return {field: str(words) for field, words in QUESTIONS.items() if getattr(self, field) not in set(Visibility)}

    def choices(self) -> Choices:
        return Choices(check_ins=Visibility(self.check_ins), journal=Visibility(self.journal))

"""The standing choices as a form: asked plainly, nothing chosen beforehand, both needed; and a limit if wanted."""

from afterglow_design.languages import lazy
from pydantic import BaseModel

from afterglow_web.records import Choices, Visibility

QUESTIONS = {
    "check_ins": lazy("Say who may see your check-ins"),
    "journal": lazy("Say who may see your journal"),
}
TOMORROW = lazy("After a dose nothing opens wider until the next morning: you can choose this then")

A_DAY = {"0": lazy("As many as I like"), "1": lazy("One"), "2": lazy("Two"), "3": lazy("Three"), "4": lazy("Four")}
NO_LIMIT_LIKE_IT = lazy("Choose how many check-ins a day are enough")


class ChoicesForm(BaseModel):
    """The two answers as posted; an empty one was not given."""

    check_ins: str = ""
    journal: str = ""
    check_ins_a_day: str = ""

    @classmethod
    def of(cls, choices: Choices) -> "ChoicesForm":
        a_day = str(choices.check_ins_a_day or 0)
        return cls(check_ins=choices.check_ins or "", journal=choices.journal or "", check_ins_a_day=a_day)

    def errors(self) -> dict[str, str]:
        """The questions without a usable answer, by field."""
        found = {field: str(words) for field, words in QUESTIONS.items() if getattr(self, field) not in set(Visibility)}
        if self.check_ins_a_day and self.check_ins_a_day not in A_DAY:
            found["check_ins_a_day"] = str(NO_LIMIT_LIKE_IT)
        return found

    def choices(self) -> Choices:
        a_day = int(self.check_ins_a_day) if self.check_ins_a_day else None
        return Choices(check_ins=Visibility(self.check_ins), journal=Visibility(self.journal), check_ins_a_day=a_day)

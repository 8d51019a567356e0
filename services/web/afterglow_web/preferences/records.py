"""What portal answers about preferences, as far as pages show it."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel


class Answer(StrEnum):
    no = "no"
    ask = "ask"
    yes = "yes"


class Wish(StrEnum):
    """Three of touch, three of support."""

    hand = "hand"
    shoulder = "shoulder"
    moving = "moving"
    speaking = "speaking"
    music = "music"
    support_person = "support_person"


class Version(BaseModel):
    """One answer for each wish; what is not answered counts as no. `withdrawn` is what this version took back."""

    hand: Answer | None
    shoulder: Answer | None
    moving: Answer | None
    speaking: Answer | None
    music: Answer | None
    support_person: Answer | None
    helps: str
    unwanted: str
    expectations: str
    withdrawn: Wish | None
    version: int
    made_at: datetime

    @property
    def answers(self) -> dict[Wish, Answer | None]:
        return {wish: getattr(self, wish) for wish in Wish}

    @property
    def allowed(self) -> list[Wish]:
        """What can be taken back."""
        return [wish for wish, answer in self.answers.items() if answer in {Answer.ask, Answer.yes}]


class Preferences(BaseModel):
    """Until `locked_until` nothing more is allowed; what they said before is newest first."""

    current: Version | None
    before: list[Version]
    locked_until: datetime | None

    def as_of(self, at: datetime) -> "Preferences":
        """As they stood then."""
        versions = [one for one in [self.current, *self.before] if one and one.made_at <= at]
        return self.model_copy(update={"current": versions[0] if versions else None, "before": versions[1:]})

    def taken_back(self, since: datetime | None) -> list[Version]:
        """The withdrawals since then, the newest first."""
        versions = [self.current, *self.before] if self.current else []
        return [one for one in versions if one.withdrawn and (since is None or one.made_at >= since)]

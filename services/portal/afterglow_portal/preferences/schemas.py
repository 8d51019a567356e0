"""Preferences in and out. Strict, as the course is."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from afterglow_portal.course.schemas import Text
from afterglow_portal.journal.schemas import LARGEST_COUNT


class Answer(StrEnum):
    """From nothing to everything; what is not answered counts as no."""

    no = "no"
    ask = "ask"
    yes = "yes"


class Wish(StrEnum):
    """What somebody else may do while a dose works: three of touch, three of support."""

    hand = "hand"
    shoulder = "shoulder"
    moving = "moving"
    speaking = "speaking"
    music = "music"
    support_person = "support_person"


class Wishes(BaseModel, frozen=True):
    """One answer for each, null where nothing was said, and three things in the client's own words.

    `expectations` are what they hope and fear of the treatment: said before a dose, they are not rewritten after it.
    """

    hand: Answer | None = None
    shoulder: Answer | None = None
    moving: Answer | None = None
    speaking: Answer | None = None
    music: Answer | None = None
    support_person: Answer | None = None
    helps: Text = ""
    unwanted: Text = ""
    expectations: Text = ""

    def words(self) -> tuple[str, ...]:
        return self.helps, self.unwanted, self.expectations

    def answer(self, wish: Wish) -> Answer | None:
        found: Answer | None = getattr(self, wish)
        return found


class PreferencesContent(Wishes, frozen=True):
    """What is sealed. `withdrawn` names what this version took back, where it is a withdrawal."""

    withdrawn: Wish | None = None


class PreferencesBody(Wishes, extra="forbid", frozen=True):
    """The whole new content, made from version `base_version`: 0 where there is none yet."""

    base_version: Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]

    def canonical(self) -> bytes:
        """The same bytes for the same content, however it was spelled."""
        return self.model_dump_json(exclude_defaults=True, exclude={"base_version"}).encode()


class WithdrawalBody(BaseModel, extra="forbid", frozen=True):
    """What may not be done any more, from now on."""

    wish: Wish

    def canonical(self) -> bytes:
        return self.model_dump_json().encode()


class PreferencesOut(PreferencesContent):
    id: UUID
    version: int
    made_at: datetime


class Preferences(BaseModel):
    """How they stand, null where nothing was said yet, and what they said before, the newest first.

    Until `locked_until` nothing is opened wider; null where it can be. What is taken back is taken back at any moment.
    """

    current: PreferencesOut | None
    before: list[PreferencesOut]
    locked_until: datetime | None

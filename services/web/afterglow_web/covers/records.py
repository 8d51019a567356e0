"""What auth answers about one's own cover, as far as the page shows it."""

from uuid import UUID

from pydantic import BaseModel

from afterglow_web.admin.records import Cover
from afterglow_web.course.records import Named


class Colleagues(BaseModel):
    items: list[Named]


class OwnCover(Cover):
    """`clients` is how many it is for."""

    clients: int


class OwnCovers(BaseModel):
    items: list[OwnCover]

    def for_me(self, me: UUID) -> list[OwnCover]:
        """Who stands in for oneself, now or later."""
        return [one for one in self.items if one.lasts and one.therapist.id == me]

    def by_me(self, me: UUID) -> list[OwnCover]:
        """For whom one stands in, now or later."""
        return [one for one in self.items if one.lasts and one.covering.id == me]

"""Whether somebody is there to read a client's message, and how soon answers came so far: what is said of it.

It is a courtesy: where messaging does not tell it, the page is as it was before, and a message goes at any hour.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from afterglow_design.languages import _, ngettext
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from pydantic import BaseModel

from afterglow_web.messages.messaging import Messaging
from afterglow_web.portal import read

DAY, WEEK = 24, 168  # hours


class Answers(BaseModel):
    """Hours within which half of the answers came, and nine in ten; None for more than a week."""

    half_within: int | None
    nine_in_ten_within: int | None
    weeks: int


class Availability(BaseModel):
    """`open` is None where the practice has entered no hours; `answers` where too few came to say anything."""

    open: bool | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    answers: Answers | None = None

    @property
    def is_told(self) -> bool:
        """Whether nobody is there, or that may come true while the page stands open."""
        return self.open is False or self.closes_at is not None


async def told(messaging: Messaging, caller: Caller, conversation: UUID) -> Availability:
    """Nothing for a therapist, who knows their own hours, and nothing where there is no answer."""
    if caller.role == Role.client:
        with suppress(UpstreamProblem, Unavailable):
            return read(await messaging.availability(conversation), Availability)
    return Availability()


def within(hours: int) -> str:
    if hours == WEEK:
        return _("a week")
    if hours >= DAY:
        return ngettext("a day", "%(num)s days", hours // DAY)
    return ngettext("an hour", "%(num)s hours", hours)


def answered_so_far(answers: Answers, name: str) -> str:
    """How soon somebody answered, as a sentence about what was and not about what will be."""
    half, most = answers.half_within, answers.nine_in_ten_within
    said = {"name": name, "weeks": answers.weeks}
    if half is None:
        return _("Over the last %(weeks)s weeks, answers of %(name)s often took longer than a week.", **said)
    if most is None:
        return _(
            "Over the last %(weeks)s weeks, %(name)s answered within %(half)s half of the time; some answers took "
            "longer than a week.",
            **said,
            half=within(half),
        )
    if half == most:
        return _(
            "Over the last %(weeks)s weeks, %(name)s answered within %(most)s nine times in ten.",
            **said,
            most=within(most),
        )
    return _(
        "Over the last %(weeks)s weeks, %(name)s answered within %(half)s half of the time, and within %(most)s nine "
        "times in ten.",
        **said,
        half=within(half),
        most=within(most),
    )


FILTERS: dict[str, Callable[..., object]] = {"answered_so_far": answered_so_far}

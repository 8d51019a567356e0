"""Words of the journal's pages: phases, prompts, and what is wrong with a form."""

from collections.abc import Callable
from datetime import datetime

from afterglow_design.dates import clock
from afterglow_design.languages import LazyString, _, lazy
from afterglow_foundation.errors import FieldError
from afterglow_foundation.plain_text import as_read

from afterglow_web.journal.records import Phase
from afterglow_web.markdown import render
from afterglow_web.records import Visibility
from afterglow_web.wording import UNTIL_MORNING

PHASES: dict[Phase, LazyString] = {
    Phase.preparation: lazy("Before a session"),
    Phase.experience: lazy("The session itself"),
    Phase.integration: lazy("Afterwards"),
}
PROMPTS: dict[Phase, tuple[LazyString, ...]] = {
    Phase.preparation: (
        lazy("What would you like to bring to this session?"),
        lazy("What do you hope for, and what worries you?"),
        lazy("What would help you feel safe?"),
    ),
    Phase.experience: (
        lazy("What do you remember, in any order?"),
        lazy("Which picture, sound or feeling stayed with you?"),
        lazy("Is there something you do not have words for yet? A single word is enough."),
    ),
    Phase.integration: (
        lazy("What looks different since then, if anything does?"),
        lazy("What is one small thing you would like to do with it this week?"),
        lazy("What would you like to talk about next time?"),
    ),
}
NEXT: dict[Phase, Phase] = {Phase.preparation: Phase.experience, Phase.experience: Phase.integration}
FIELDS: dict[str, LazyString] = {
    "title": lazy("Title: at most 200 characters in one line fit"),
    "text": lazy("Your words: write something, at most 20,000 characters fit"),
    "felt_at": lazy("Choose a time that has passed, or leave it empty if it is now"),
    "visibility": lazy("Say who may see this entry"),
    "follows": lazy("The entry that this one continued is gone. Save once more to keep this one by itself."),
}
BROKEN = {
    "title": lazy("The title has a character in it that cannot be kept: write it without"),
    "text": lazy("Your words have a character in them that cannot be kept: write them without"),
}
UNUSABLE = lazy("Something in this form cannot be used")
SAVED = {
    Visibility.only_me: lazy("Saved. Only you can see it."),
    Visibility.therapist: lazy("Saved. You and whoever it is shared with can see it."),
    Visibility.next_session: lazy("Saved. You can see it now, your therapist from your next session."),
}
PINNED = lazy("Pinned for our next session. It is on the list below, and you can take it back until it was read.")


def error_words(error: FieldError) -> str:
    if error.code == "until_morning":
        return str(UNTIL_MORNING)
    words = BROKEN if error.code == "broken" else FIELDS
    return str(words.get(error.field, UNUSABLE))


def place_of(error: FieldError) -> str:
    """Where on the page it can be put right: the form itself where no field of it is to be seen."""
    return f"#{error.field}" if error.field in {*FIELDS, "phase"} - {"follows"} else "#entry"


def kept_words(saved_at: datetime, zone: str) -> str:
    return _("Kept as a draft at %(time)s, not saved yet.", time=clock(saved_at, zone))


def phase_words(phase: Phase) -> str:
    return str(PHASES[phase])


FILTERS: dict[str, Callable[..., object]] = {"as_read": as_read, "markdown": render, "phase_words": phase_words}

"""Words for figures, the same on every page. Neither end of energy is called better."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from afterglow_design.dates import number, signed
from afterglow_design.languages import _, lazy

from afterglow_web.client.vocabulary_words import context_words, emotion_words, item_words
from afterglow_web.records import CheckIn, Visibility

MOODS = (
    (-4, lazy("very unpleasant")),
    (-2, lazy("unpleasant")),
    (-0.25, lazy("a little unpleasant")),
    (0.25, lazy("in the middle")),
    (1.75, lazy("a little pleasant")),
    (3.75, lazy("pleasant")),
)
VERY_PLEASANT = lazy("very pleasant")
UNTIL_MORNING = lazy(
    "After a dose nothing new is shared until the next morning: choose “Only me”, or “at our next session”"
)
SAVED = {
    Visibility.only_me: lazy("Saved. Only you can see it."),
    Visibility.therapist: lazy("Saved. You and your therapist can see it."),
    Visibility.next_session: lazy("Saved. You can see it now, your therapist from your next session."),
}
SEES = {
    Visibility.only_me: lazy("Only you see this."),
    Visibility.therapist: lazy("You and your therapist see this."),
    Visibility.next_session: lazy("You see this, your therapist from your next session."),
}
SEEN_BY = {
    Visibility.only_me: lazy("only you"),
    Visibility.therapist: lazy("shared with your therapist"),
    Visibility.next_session: lazy("shared from your next session"),
}


def mood_words(mood: float) -> str:
    """Return a mood from -5 to 5 in words, for example `a little pleasant`."""
    return str(next((words for limit, words in MOODS if mood <= limit), VERY_PLEASANT))


def three_values(entry: CheckIn) -> str:
    """Say the three items in one line; what was skipped is left out."""
    said = (
        _("mood %(value)s", value=signed(entry.mood)) if entry.mood is not None else "",
        _("energy %(value)s", value=signed(entry.energy)) if entry.energy is not None else "",
        _("anxiety %(value)s", value=number(entry.anxiety)) if entry.anxiety is not None else "",
    )
    line = ", ".join(filter(None, said))
    return line[:1].upper() + line[1:]


def also_said(entry: CheckIn) -> str:
    """Say the optional items, the emotion words and the context tags in one line."""
    items = [f"{item_words(name)} {number(value)}" for name, value in entry.items.items()]
    parts = [*items, *map(emotion_words, entry.words), *map(context_words, entry.tags)]
    return " · ".join(parts)


def seen_by(visibility: Visibility) -> str:
    return str(SEEN_BY[visibility])


def saved_for(visibility: Visibility) -> str:
    """Say who can see it, as a whole sentence."""
    return str(SEES[visibility])


def local_day(value: datetime, zone: str) -> date:
    """Return the day that an instant falls on in an IANA zone."""
    return value.astimezone(ZoneInfo(zone)).date()


FILTERS: dict[str, Callable[..., object]] = {
    "also_said": also_said,
    "item_words": item_words,
    "local_day": local_day,
    "mood_words": mood_words,
    "saved_for": saved_for,
    "seen_by": seen_by,
    "three_values": three_values,
}

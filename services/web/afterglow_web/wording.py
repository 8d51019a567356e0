"""Words for figures, the same on every page. Neither end of energy is called better."""

from collections.abc import Callable

from afterglow_design.dates import number, signed

from afterglow_web.records import CheckIn, Visibility

MOODS = (
    (-4, "very unpleasant"),
    (-2, "unpleasant"),
    (-0.25, "a little unpleasant"),
    (0.25, "in the middle"),
    (1.75, "a little pleasant"),
    (3.75, "pleasant"),
)
SAVED = {
    Visibility.only_me: "Saved. Only you can see it.",
    Visibility.therapist: "Saved. You and your therapist can see it.",
    Visibility.next_session: "Saved. You can see it now, your therapist from your next session.",
}
SEEN_BY = {
    Visibility.only_me: "only you",
    Visibility.therapist: "shared with your therapist",
    Visibility.next_session: "shared from your next session",
}


def mood_words(mood: float) -> str:
    """Return a mood from -5 to 5 in words, for example `a little pleasant`."""
    return next((words for limit, words in MOODS if mood <= limit), "very pleasant")


def three_values(entry: CheckIn) -> str:
    """Say the three items in one line; what was skipped is left out."""
    said = (
        f"mood {signed(entry.mood)}" if entry.mood is not None else "",
        f"energy {signed(entry.energy)}" if entry.energy is not None else "",
        f"anxiety {number(entry.anxiety)}" if entry.anxiety is not None else "",
    )
    line = ", ".join(filter(None, said))
    return line[:1].upper() + line[1:]


def seen_by(visibility: Visibility) -> str:
    return SEEN_BY[visibility]


FILTERS: dict[str, Callable[..., str]] = {"mood_words": mood_words, "seen_by": seen_by, "three_values": three_values}

"""Words of openings: the grounds for them, and how they stand."""

from collections.abc import Callable

from afterglow_design.languages import LazyString, lazy

from afterglow_web.sealed_notes.records import Ground, State

GROUNDS: dict[Ground, LazyString] = {
    Ground.legal: lazy("A court or an authority asks for them"),
    Ground.client_asks: lazy("The client asks for it, in writing"),
    Ground.danger: lazy("Somebody is in danger"),
    Ground.complaint: lazy("A complaint is looked into"),
    Ground.other: lazy("Another reason"),
}
STATES: dict[State, LazyString] = {
    State.waiting: lazy("waits for an admin"),
    State.open: lazy("open"),
    State.over: lazy("was open for a week"),
    State.declined: lazy("declined"),
}
WRONG: dict[str, LazyString] = {
    "ground": lazy("Choose why they have to be opened"),
    "words": lazy("Write why, in at most 1,000 characters"),
}
TONES = {State.waiting: "glow", State.open: "sage", State.over: "plain", State.declined: "plain"}


def ground_words(ground: Ground) -> str:
    return str(GROUNDS[ground])


def opening_words(state: State) -> str:
    return str(STATES[state])


def opening_tone(state: State) -> str:
    return TONES[state]


FILTERS: dict[str, Callable[..., object]] = {
    "ground_words": ground_words,
    "opening_tone": opening_tone,
    "opening_words": opening_words,
}

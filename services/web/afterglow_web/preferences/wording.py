"""Words of touch and support, in the client's voice, and told of them at the desk."""

from collections.abc import Callable

from afterglow_design.languages import LazyString, _, lazy

from afterglow_web.preferences.records import Answer, Wish

WISHES: dict[Wish, LazyString] = {
    Wish.hand: lazy("Holding my hand"),
    Wish.shoulder: lazy("A hand on my shoulder or arm"),
    Wish.moving: lazy("Moving a blanket, a pillow or the eye mask on me"),
    Wish.speaking: lazy("Speaking to me before I speak"),
    Wish.music: lazy("Changing the music, or turning it off"),
    Wish.support_person: lazy("Letting somebody I bring be in the room"),
}
ANSWERS: dict[Answer, LazyString] = {
    Answer.no: lazy("No"),
    Answer.ask: lazy("Ask me first"),
    Answer.yes: lazy("Yes"),
}
TONES = {Answer.ask: "glow", Answer.yes: "sage"}


def wish_words(wish: Wish) -> str:
    return str(WISHES[wish])


def answer_words(answer: Answer | None) -> str:
    return str(ANSWERS[answer]) if answer else _("Not said, so no")


def answer_tone(answer: Answer | None) -> str:
    return TONES.get(answer, "plain") if answer else "plain"


FILTERS: dict[str, Callable[..., object]] = {
    "answer_tone": answer_tone,
    "answer_words": answer_words,
    "wish_words": wish_words,
}

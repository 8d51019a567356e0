"""Words of long-term questions."""

from collections.abc import Callable

from afterglow_design.languages import LazyString, lazy

from afterglow_web.long_term.records import Asked, Finding

QUESTIONS: dict[Asked, LazyString] = {
    Asked.bladder: lazy("Trouble with the bladder"),
    Asked.craving: lazy("Craving for the medicine"),
    Asked.cognition: lazy("Trouble with memory or attention"),
}
FINDINGS: dict[Finding, LazyString] = {
    Finding.none: lazy("None"),
    Finding.some: lazy("Some"),
    Finding.much: lazy("A lot"),
}
TONES = {Finding.none: "sage", Finding.some: "glow", Finding.much: "glow"}


def long_term_words(asked: Asked) -> str:
    return str(QUESTIONS[asked])


def finding_words(finding: Finding) -> str:
    return str(FINDINGS[finding])


def finding_tone(finding: Finding) -> str:
    return TONES[finding]


FILTERS: dict[str, Callable[..., object]] = {
    "finding_tone": finding_tone,
    "finding_words": finding_words,
    "long_term_words": long_term_words,
}

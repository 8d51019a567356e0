"""What a client writes beside a check-in: plain sentences about sleep, work, people, a walk, the session."""

import json
from functools import cache
from importlib.resources import files
from random import Random

WRITTEN = 0.27
SECOND_SENTENCE = 0.3
ABOUT_THE_SESSION = 0.65
TAGS = {
    "sleep": "sleep",
    "work": "work",
    "family": "family",
    "walk": "outdoors",
    "memory": "memories",
    "session": "after a session",
    "home": "at home",
    "friends": "friends",
}


@cache
def sentences(language: str = "en") -> dict[str, dict[str, list[str]]]:
    """By situation, then by tone."""
    file = "notes.json" if language == "en" else f"notes.{language}.json"
    found: dict[str, dict[str, list[str]]] = json.loads(files(__package__).joinpath(file).read_text("utf-8"))
    return found


class Notebook:
    """One client's notes: nobody writes the same sentence twice."""

    def __init__(self, source: Random, language: str) -> None:
        self.source = source
        self.left = {
            (situation, tone): source.sample(these, len(these))
            for situation, tones in sentences(language).items()
            for tone, these in tones.items()
        }

    def situation(self, *, after_a_dose: bool) -> str:
        """What the entry is about."""
        if after_a_dose and self.source.random() < ABOUT_THE_SESSION:
            return "session"
        return self.source.choice([situation for situation in TAGS if situation != "session"])

    def write(self, situation: str, tone: str) -> str | None:
        """About every fourth time one sentence or two; nothing once all was said."""
        wanted = 2 if self.source.random() < SECOND_SENTENCE else 1
        if self.source.random() > WRITTEN:
            return None
        pile = self.left[situation, tone]
        return " ".join(pile.pop() for _ in range(min(wanted, len(pile)))) or None

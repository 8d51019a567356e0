"""The fields of the practice's forms: what each asks, and what is said where it cannot be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from afterglow_design.languages import LANGUAGES, LazyString, lazy

LONGEST_TERMS = 20_000
Kind = Literal["line", "text", "check", "choice"]


@dataclass(frozen=True)
class Field:
    """One field by its name in the form. `options` are those of a choice; `rows` and `longest` those of writing."""

    name: str
    label: LazyString | str
    wrong: LazyString | str = ""
    kind: Kind = "line"
    hint: LazyString | str = ""
    rows: int = 3
    longest: int = 400
    options: Mapping[str, LazyString | str] = field(default_factory=dict)


NAME = Field(
    "name",
    lazy("Name of the practice"),
    lazy("Write a name, in at most 100 characters"),
    hint=lazy("As people see it once they are signed in."),
    longest=100,
)
NEUTRAL_NAME = Field(
    "neutral_name",
    lazy("Neutral name"),
    lazy("Write a neutral name, in at most 40 characters"),
    hint=lazy("Where others may look on: in the browser's tab, and in a phone's list of apps."),
    longest=40,
)
MAIL_SENDER = Field(
    "mail_sender",
    lazy("Sender of mails (if you like)"),
    lazy("Write a name in at most 60 characters, or leave it empty"),
    hint=lazy("What a mail says it comes from. It should not tell what the practice does."),
    longest=60,
)
TELEPHONE = Field(
    "telephone",
    lazy("Telephone (if you like)"),
    lazy("Write a number as one would dial it, such as +1 555 010 0199"),
    longest=40,
)
ADDRESS = Field(
    "address", lazy("Address (if you like)"), lazy("Write the address in at most 400 characters"), kind="text"
)
QUICK_EXIT = Field(
    "quick_exit",
    lazy("Where “Leave now” leads"),
    lazy("Write a whole address that begins with https://"),
    hint=lazy("A page that anybody might have open, such as a newspaper or the weather."),
    longest=300,
)
CARE_TEAM_CONVERSATIONS = Field(
    "care_team_conversations",
    lazy("A client and all who treat them have one conversation together"),
    kind="check",
    hint=lazy(
        "It opens by itself once somebody has a second therapist, beside their conversations with each of them. Each "
        "therapist reads what is written there while they treat that client. Switched off again, it can still be read "
        "and nobody writes in it."
    ),
)
DEFAULT_LANGUAGE = Field(
    "default_language",
    lazy("The practice's own language"),
    lazy("Choose one of the languages that are offered"),
    kind="choice",
    options=LANGUAGES,
)


def in_language(name: str, language: str) -> str:
    """The name of a field that is there once for each language."""
    return f"{name}_{language}"


def hours(language: str) -> Field:
    return Field(
        in_language("hours", language),
        lazy("Hours (%(language)s)", language=LANGUAGES[language]),
        lazy("Write the hours, in at most 400 characters"),
        kind="text",
        hint=lazy("When somebody reads messages and answers the telephone, and that this is not around the clock."),
    )


def service_area(language: str) -> Field:
    return Field(
        in_language("service_area", language),
        lazy("Where the practice may treat people (%(language)s, if you like)", language=LANGUAGES[language]),
        lazy("Write it in one line of at most 300 characters"),
        longest=300,
    )


def crisis_line(language: str) -> Field:
    return Field(
        in_language("crisis_line", language),
        lazy("Help in a crisis, in one sentence (%(language)s)", language=LANGUAGES[language]),
        lazy("Write one sentence of at most 200 characters"),
        longest=200,
    )


def terms(language: str) -> Field:
    return Field(
        in_language("terms", language),
        lazy("Terms (%(language)s)", language=LANGUAGES[language]),
        lazy("Write the terms, in at most 20,000 characters"),
        kind="text",
        hint=lazy(
            "An empty line begins another paragraph. If you change a word, in whichever language, everybody accepts "
            "the terms again at their next sign-in."
        ),
        rows=14,
        longest=LONGEST_TERMS,
    )


def contraindications(language: str) -> Field:
    return Field(
        in_language("contraindications", language),
        lazy("To be careful about (%(language)s)", language=LANGUAGES[language]),
        lazy("Write each once and in a line of its own: at most 30, of at most 200 characters each"),
        kind="text",
        hint=lazy("One in a line. Plans that were written keep the words in which they were asked."),
        rows=14,
        longest=6_000,
    )


def crisis_words(language: str) -> Field:
    return Field(
        in_language("crisis_words", language),
        lazy("Words and phrases (%(language)s)", language=LANGUAGES[language]),
        lazy("Write each once and in a line of its own: at most 60, of at most 60 characters each"),
        kind="text",
        hint=lazy(
            "One in a line. Where a client types one of them in a message, the ways to get help appear beside it, "
            "before it is sent. It happens on their device: nobody is told."
        ),
        rows=14,
        longest=3_700,
    )


def offered(language: str) -> Field:
    return Field(in_language("language", language), LANGUAGES[language], kind="check")

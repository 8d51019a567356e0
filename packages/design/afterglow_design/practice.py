"""The practice as its pages name it: configuration, never code."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from afterglow_design.configured import (
    Language,
    Line,
    OurLine,
    OurText,
    Text,
    secure_address,
    telephone_number,
)
from afterglow_design.languages import LANGUAGES, OurWords
from afterglow_design.office_hours import OfficeHours
from afterglow_design.terms import Terms


class CrisisService(BaseModel):
    """One way to reach help at once; `href` is a tel:, sms: or https: address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: OurLine = Field(min_length=1, max_length=60)
    detail: OurLine = Field(max_length=120)
    href: str = Field(pattern=r"^((tel|sms):\+?[0-9][0-9.()-]*|https://[^\s\"'<>]+)$", max_length=200)


UNITED_STATES = (
    CrisisService(
        name=OurWords("Call 988"), detail=OurWords("Suicide and Crisis Lifeline, day and night"), href="tel:988"
    ),
    CrisisService(name=OurWords("Text 988"), detail=OurWords("The same people, in writing"), href="sms:988"),
    CrisisService(name=OurWords("Call 911"), detail=OurWords("If someone is in danger right now"), href="tel:911"),
)
CONTRAINDICATIONS = (
    OurWords("High blood pressure that is not under control"),
    OurWords("Heart disease, or a heart attack or stroke in the last months"),
    OurWords("An aneurysm, or a malformation of blood vessels"),
    OurWords("A bleeding in the brain, ever"),
    OurWords("Raised pressure in the head or in an eye"),
    OurWords("Psychosis, now or ever"),
    OurWords("Mania, now or ever"),
    OurWords("Use of alcohol or another substance that is a concern"),
    OurWords("Pregnancy, or breastfeeding"),
    OurWords("Severe disease of the liver"),
    OurWords("Pain or bleeding of the bladder"),
    OurWords("An overactive thyroid that is not treated"),
    OurWords("An earlier bad reaction to ketamine"),
)
Item = Annotated[OurLine, Field(min_length=1, max_length=200)]


def each_once(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) != len(value):
        raise ValueError("each only once")
    return value


Items = Annotated[tuple[Item, ...], Field(max_length=30), AfterValidator(each_once)]
CRISIS_WORDS = (
    OurWords("suicide"),
    OurWords("suicidal"),
    OurWords("kill myself"),
    OurWords("killing myself"),
    OurWords("end my life"),
    OurWords("take my life"),
    OurWords("end it all"),
    OurWords("want to die"),
    OurWords("wish I were dead"),
    OurWords("wish I was dead"),
    OurWords("better off dead"),
    OurWords("better off without me"),
    OurWords("do not want to live"),
    OurWords("don't want to live"),
    OurWords("no reason to live"),
    OurWords("cannot go on"),
    OurWords("can't go on"),
    OurWords("hurt myself"),
    OurWords("harm myself"),
    OurWords("cut myself"),
    OurWords("overdose"),
)
Phrase = Annotated[OurLine, Field(min_length=3, max_length=60)]
Phrases = Annotated[tuple[Phrase, ...], Field(max_length=60), AfterValidator(each_once)]
Ways = tuple[CrisisService, ...]


def some(value: Ways) -> Ways:
    """Not `min_length`, which would count a service with something wrong in it as missing besides."""
    if not value:
        raise ValueError("at least one way to reach help")
    return value


CrisisServices = Annotated[Ways, Field(max_length=8), AfterValidator(some)]


class PracticeWords(BaseModel):
    """What the practice says in a language besides its own; what is left out is said in its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: Text | None = Field(default=None, min_length=1, max_length=400)
    service_area: Line | None = Field(default=None, min_length=1, max_length=300)
    crisis_line: Line | None = Field(default=None, min_length=1, max_length=200)
    crisis_services: CrisisServices | None = None
    contraindications: Items | None = None
    crisis_words: Phrases | None = None


class Practice(BaseModel):
    """What a person needs to reach the practice and local crisis services.

    `neutral_name` is what stands where a glance at someone's phone must not tell what they are treated for, and
    `quick_exit` is where the button to leave at once leads. An empty `mail_sender` leaves the installation's own.
    `contraindications` are what intake asks about before a course of treatment, and `crisis_words` those at which a
    page shows the ways to get help while somebody types them. `hours` are what people read; `office_hours` say the same
    to whatever compares them with the clock, and are None while nobody has entered them: then nothing is said by them.
    With `care_team_conversations` a client and all who treat them have one conversation together, besides those of two;
    it holds once an admin has saved it, for messaging judges by what was saved.
    `words` are those of further languages, by language; `logo` is the hash of the picture that auth serves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    name: Line = Field(default="Afterglow", min_length=1, max_length=100)
    neutral_name: OurLine = Field(default=OurWords("Client portal"), min_length=1, max_length=40)
    mail_sender: Line = Field(default="", max_length=60)
    address: Text = Field(default="", max_length=400)
    telephone: Annotated[str, AfterValidator(telephone_number)] | None = None
    hours: OurText = Field(
        default=OurWords("Messages and entries are read during practice hours, not around the clock."),
        min_length=1,
        max_length=400,
    )
    office_hours: OfficeHours | None = None
    care_team_conversations: bool = Field(default=False, strict=True)
    service_area: Line = Field(default="", max_length=300)
    crisis_line: OurLine = Field(default=OurWords("Call or text 988, day and night."), min_length=1, max_length=200)
    crisis_services: CrisisServices = UNITED_STATES
    contraindications: Items = CONTRAINDICATIONS
    crisis_words: Phrases = CRISIS_WORDS
    languages: tuple[Language, ...] = ("en", "es")
    default_language: Language = "en"
    quick_exit: Annotated[str, AfterValidator(secure_address)] = Field(
        default="https://www.wikipedia.org/", max_length=300
    )
    words: dict[Language, PracticeWords] = {}
    terms: Terms = Terms()
    logo: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")

    @field_validator("languages")
    @classmethod
    def different(cls, value: tuple[Language, ...]) -> tuple[Language, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("at least one language, and each once")
        return value

    @field_validator("default_language")
    @classmethod
    def offered(cls, value: Language, info: ValidationInfo) -> Language:
        if value not in info.data.get("languages", LANGUAGES):
            raise ValueError("one of the languages that are offered")
        return value

    @classmethod
    def kept(cls, document: Mapping[str, object]) -> Self:
        """From what was stored: members that this version does not know are left alone."""
        return cls.model_validate({name: value for name, value in document.items() if name in cls.model_fields})

    @property
    def telephone_href(self) -> str | None:
        """The practice's number as a link, without spaces and brackets."""
        if self.telephone is None:
            return None
        return "tel:" + "".join(character for character in self.telephone if character in "+0123456789")

    @property
    def logo_href(self) -> str | None:
        """Where auth serves the logo, under a name that changes with its content."""
        return f"/auth/logo/{self.logo}.png" if self.logo else None

    def spoken(self, language: str) -> "Practice":
        """With the practice's own words for a reader of that language. What it wrote once only stays as it is."""
        own = next((words for name, words in self.words.items() if name == language), PracticeWords())
        chosen = {name: value for name in PracticeWords.model_fields if (value := getattr(own, name)) is not None}
        return self.model_copy(update=chosen)

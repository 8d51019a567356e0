"""Check-ins in and out. Strict: a number is a number, an unknown field is refused, nothing overrides the owner."""

import json
from datetime import date, datetime
from enum import StrEnum
from importlib.resources import files
from typing import Annotated
from uuid import UUID

from pydantic import UUID7, AfterValidator, BaseModel, Field, JsonValue

from afterglow_portal.people.schemas import Named
from afterglow_portal.times import Instant, TimeZone
from afterglow_portal.visibility import Visibility


def listed(name: str) -> tuple[str, ...]:
    return tuple(json.loads(files(__package__).joinpath(name).read_text("utf-8")))


WORDS = listed("words.json")
TAGS = listed("tags.json")  # on offer; a program may name others
LONGEST_NOTE = 4_000
MOST_WORDS = MOST_TAGS = 10
LONGEST_TAG = 40
EACH_ONCE: dict[str, JsonValue] = {"uniqueItems": True}  # said in the document; `named_once` holds it


def known_word(word: str) -> str:
    if word not in WORDS:
        raise ValueError("must be one of the words offered")
    return word


def named_once(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise ValueError("must name each one once")
    return values


def printable(tag: str) -> str:
    if not tag.isprintable() or tag != tag.strip():
        raise ValueError("must be plain text without line breaks, and not begin or end with a space")
    return tag


def writable(note: str) -> str | None:
    """A note without NUL, as SQL and other programs cannot hold it; an empty one is none."""
    if "\0" in note:
        raise ValueError("must be text without the control character NUL")
    return note or None


TwoSided = Annotated[float, Field(strict=True, ge=-5, le=5, allow_inf_nan=False)]
Level = Annotated[float, Field(strict=True, ge=0, le=10, allow_inf_nan=False)]
Hours = Annotated[float, Field(strict=True, ge=0, le=24, allow_inf_nan=False)]
Word = Annotated[str, Field(strict=True, json_schema_extra={"enum": list(WORDS)}), AfterValidator(known_word)]
Tag = Annotated[str, Field(strict=True, min_length=1, max_length=LONGEST_TAG), AfterValidator(printable)]
Words = Annotated[
    tuple[Word, ...], Field(max_length=MOST_WORDS, json_schema_extra=EACH_ONCE), AfterValidator(named_once)
]
Tags = Annotated[tuple[Tag, ...], Field(max_length=MOST_TAGS, json_schema_extra=EACH_ONCE), AfterValidator(named_once)]
Note = Annotated[str, Field(strict=True, max_length=LONGEST_NOTE), AfterValidator(writable)]


class Items(BaseModel, extra="forbid", frozen=True):
    """The optional items; null or left out where skipped."""

    rumination: Level | None = None
    hope: Level | None = None
    connection: Level | None = None
    sleep_hours: Hours | None = None
    sleep_quality: Level | None = None
    craving: Level | None = None
    intrusive_memories: Level | None = None
    urge_to_check: Level | None = None

    def given(self) -> dict[str, float]:
        return {name: value for name, value in self if value is not None}


class CheckInBody(BaseModel, extra="forbid", frozen=True):
    """What a client sends. `mood` and `energy` lie in -5…5, `anxiety` in 0…10; a skipped one is null, never 0."""

    mood: TwoSided | None = None
    energy: TwoSided | None = None
    anxiety: Level | None = None
    items: Items = Items()
    words: Words = ()
    note: Note | None = None
    tags: Tags = ()
    felt_at: Instant
    time_zone: TimeZone
    visibility: Visibility

    def canonical(self) -> bytes:
        """The same bytes for the same content, however it was spelled: order, spaces, offsets, nulls left out."""
        return self.model_dump_json(exclude_defaults=True, exclude={"version_id"}).encode()


class VersionBody(CheckInBody, frozen=True):
    """An edit: the whole new content under an id of its own, so that sending it twice is safe."""

    version_id: UUID7


class Origin(StrEnum):
    """`prompted` is the first check-in after a reminder, while that made sense. Any other came by itself."""

    prompted = "prompted"
    spontaneous = "spontaneous"


class CheckInOut(BaseModel):
    """A check-in as its reader sees it; `version` above 1 and `edited_at` say that it changed.

    What was entered later than felt is `back_dated`, which no prompted one is when it is first sent.
    """

    id: UUID
    client_id: UUID
    mood: float | None
    energy: float | None
    anxiety: float | None
    items: dict[str, float]
    words: list[str]
    note: str | None
    tags: list[str]
    felt_at: datetime
    entered_at: datetime
    time_zone: str
    local_date: date
    visibility: Visibility
    back_dated: bool
    origin: Origin
    version: int
    edited_at: datetime | None


class CheckInPage(BaseModel):
    """Newest first; `next` goes into `after`, null at the end."""

    items: list[CheckInOut]
    next: str | None


class Versions(BaseModel):
    """Every version of one check-in, oldest first; the last one is current."""

    items: list[CheckInOut]


class Reading(BaseModel):
    """A therapist opened this version, first at this time; `reader_name` is None for one who is not known here now."""

    reader_id: UUID
    reader_name: str | None
    version: int
    first_read_at: datetime


class Readings(BaseModel):
    """Who opened a check-in, the earliest first."""

    items: list[Reading]


class ItemRange(BaseModel):
    name: str
    lowest: float
    highest: float


class Vocabulary(BaseModel):
    """What a check-in form offers. `tags` are suggestions: any short one is taken."""

    words: list[str]
    tags: list[str]
    items: list[ItemRange]


class FormVocabulary(Vocabulary):
    """The same for one client: the optional items that are asked for (any other is taken too), and who stands in now.

    Whoever stands in sees what is shared, and the form names them beside *Save*. After a dose nothing is shared before
    `shared_again_at`.
    """

    switched_on: list[str]
    standing_in: list[Named]
    shared_again_at: datetime | None


class CurveUnit(StrEnum):
    """What one point of a curve stands for; a week begins on Monday."""

    day = "day"
    week = "week"


class Means(BaseModel):
    """Means of so many check-ins, null where none of them has a value."""

    mood: float | None = None
    energy: float | None = None
    anxiety: float | None = None
    entries: int = 0


class CurvePoint(Means):
    """One local date, or the week that begins on it. What was back-dated is told apart and in no other mean."""

    date: date
    back_dated: Means | None = None


class MarkKind(StrEnum):
    dose = "dose"
    session = "session"


class Mark(BaseModel):
    """A local day on which there was a dose, or a session without one."""

    date: date
    kind: MarkKind


class Curve(BaseModel, serialize_by_alias=True):
    """Means from `from` to `to`, both included, in the client's own calendar: a point for each day or week of it.

    `marks` are the days of doses and sessions in that time, oldest first; `raised_energy`, for a therapist who watches
    for it, those of high energy after a short night (decision 0073).
    """

    first: date = Field(alias="from")
    to: date
    time_zone: str
    unit: CurveUnit
    points: list[CurvePoint]
    marks: list[Mark]
    raised_energy: list[date]

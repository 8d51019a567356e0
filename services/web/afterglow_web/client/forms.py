"""What the check-in form posts, and the body portal takes. Reading numbers and times is all that happens here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_foundation.errors import BadRequest, FieldError
from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel, ConfigDict

from afterglow_web.records import CheckIn
from afterglow_web.session.sign_in import known_zone
from afterglow_web.typed import Typed, broken

MEASURES = ("mood", "energy", "anxiety")
WORD, TAG, ITEM = "word-", "tag-", "item-"


class CheckInForm(BaseModel):
    """The fields as typed; everything is text and may be missing.

    A ticked word is a field of its own, `word-calm`, a tag `tag-work`, an optional item's value `item-hope`: so a form
    that is kept over a sign-in keeps them all, as it keeps one value of each name.
    """

    model_config = ConfigDict(extra="allow")

    id: str = ""
    mood: str = ""
    energy: str = ""
    anxiety: str = ""
    note: Typed = ""
    felt_at: Typed = ""
    time_zone: Typed = ""
    visibility: str = ""
    kept: str = ""

    @classmethod
    def empty(cls, *, visibility: str) -> "CheckInForm":
        return cls(id=str(new_id()), visibility=visibility)

    @classmethod
    def of(cls, check_in: CheckIn) -> "CheckInForm":
        """What a check-in says now, to be changed under a new id."""
        ticked = {f"{WORD}{word}": "yes" for word in check_in.words} | {f"{TAG}{tag}": "yes" for tag in check_in.tags}
        items = {f"{ITEM}{name}": str(value) for name, value in check_in.items.items()}
        measures = {name: "" if (value := getattr(check_in, name)) is None else str(value) for name in MEASURES}
        return cls.model_validate(
            {
                **measures,
                **ticked,
                **items,
                "id": str(new_id()),
                "note": check_in.note or "",
                "felt_at": wall_clock(check_in),
                "time_zone": check_in.time_zone,
                "visibility": check_in.visibility,
            }
        )

    @classmethod
    def again(cls, fields: Mapping[str, str], *, kept: str) -> "CheckInForm":
        """The form as it was kept over a sign-in."""
        return cls.model_validate({**fields, "kept": kept})

    def named(self, kind: str) -> dict[str, str]:
        """The fields of one kind by what comes after it in their name."""
        return {
            name.removeprefix(kind): value
            for name, value in (self.model_extra or {}).items()
            if name.startswith(kind) and isinstance(value, str)
        }

    @property
    def words(self) -> list[str]:
        return list(self.named(WORD))

    @property
    def tags(self) -> list[str]:
        return list(self.named(TAG))

    def items(self) -> dict[str, float | None]:
        return {name: number_or_none(value) for name, value in self.named(ITEM).items()}

    @property
    def check_in_id(self) -> UUID:
        try:
            return UUID(self.id)
        except ValueError as error:
            raise BadRequest from error

    @property
    def kept_id(self) -> UUID | None:
        """Which kept form this one was; anything that is not an id is none."""
        try:
            return UUID(self.kept)
        except ValueError:
            return None

    def numbers(self) -> dict[str, str]:
        """Every field that should be a number, as typed, under the name that portal has for it."""
        items = {f"items.{name}": typed for name, typed in self.named(ITEM).items()}
        return {**{name: getattr(self, name) for name in MEASURES}, **items}

    def values(self) -> dict[str, float | None]:
        """The sliders' values for showing the form again; what cannot be read is as good as untouched."""
        return {name: number_or_none(getattr(self, name)) for name in MEASURES}

    def zone(self, person_zone: str) -> str:
        """The browser's zone where it sent one that exists, else the person's own."""
        return self.time_zone if self.time_zone and known_zone(self.time_zone) == self.time_zone else person_zone

    def felt(self, person_zone: str) -> datetime:
        """When it was felt: as typed on the wall clock of the zone, else now. Raises ValueError."""
        if not self.felt_at:
            return datetime.now(UTC)
        typed = datetime.fromisoformat(self.felt_at)
        local = typed.replace(tzinfo=ZoneInfo(self.zone(person_zone))) if typed.tzinfo is None else typed
        return local.astimezone(UTC)

    def errors(self, person_zone: str) -> list[FieldError]:
        """What cannot even be read. Whether it makes sense is portal's to say."""
        found = [
            FieldError(field=name, code="not_a_number", message="is not a number")
            for name, typed in self.numbers().items()
            if typed.strip() and number_or_none(typed) is None
        ]
        found += broken("note", self.note)
        try:
            self.felt(person_zone)
        except (ValueError, OverflowError):
            found.append(FieldError(field="felt_at", code="not_a_time", message="is not a time"))
        return found

    def body(self, person_zone: str) -> dict[str, object]:
        """The JSON that portal takes; what was not given is left out of it."""
        several = {
            "words": self.words,
            "tags": self.tags,
            "items": {name: value for name, value in self.items().items() if value is not None},
        }
        return {
            **self.values(),
            **{name: given for name, given in several.items() if given},
            "note": self.note.strip().replace("\r\n", "\n") or None,
            "felt_at": self.felt(person_zone).isoformat(),
            "time_zone": self.zone(person_zone),
            "visibility": self.visibility,
        }


def wall_clock(check_in: CheckIn) -> str:
    """When it was felt as a clock on the wall showed it there, as a form's field has it."""
    return check_in.felt_at.astimezone(ZoneInfo(check_in.time_zone)).strftime("%Y-%m-%dT%H:%M")


def number_or_none(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e6 else None  # noqa: PLR2004  # also refuses nan and inf, which JSON cannot carry

"""What the check-in form posts, and the body portal takes. Reading numbers and times is all that happens here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_foundation.errors import BadRequest, FieldError
from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel

from afterglow_web.session.sign_in import known_zone

MEASURES = ("mood", "energy", "anxiety")


class CheckInForm(BaseModel):
    """The fields as typed; everything is text and may be missing."""

    id: str = ""
    mood: str = ""
    energy: str = ""
    anxiety: str = ""
    note: str = ""
    felt_at: str = ""
    time_zone: str = ""
    visibility: str = ""
    kept: str = ""

    @classmethod
    def empty(cls, *, visibility: str) -> "CheckInForm":
        return cls(id=str(new_id()), visibility=visibility)

    @classmethod
    def again(cls, fields: Mapping[str, str], *, kept: str) -> "CheckInForm":
        """The form as it was kept over a sign-in."""
        return cls.model_validate({**fields, "kept": kept})

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
            for name in MEASURES
            if getattr(self, name).strip() and number_or_none(getattr(self, name)) is None
        ]
        try:
            self.felt(person_zone)
        except (ValueError, OverflowError):
            found.append(FieldError(field="felt_at", code="not_a_time", message="is not a time"))
        return found

    def body(self, person_zone: str) -> dict[str, object]:
        """The JSON that portal takes."""
        return {
            **self.values(),
            "note": self.note.strip().replace("\r\n", "\n") or None,
            "felt_at": self.felt(person_zone).isoformat(),
            "time_zone": self.zone(person_zone),
            "visibility": self.visibility,
        }


def number_or_none(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e6 else None  # noqa: PLR2004  # also refuses nan and inf, which JSON cannot carry

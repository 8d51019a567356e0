"""Quiet hours in and out."""

from datetime import time
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from afterglow_auth.accounts.models import Person

At = Annotated[str, StringConstraints(strict=True, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class QuietHoursBody(BaseModel, extra="forbid", frozen=True):
    """Hours and minutes by the clock where one is; both null for none."""

    begin: At | None = Field(alias="from")
    end: At | None = Field(alias="until")

    @model_validator(mode="after")
    def be_hours(self) -> Self:
        if (self.begin is None) != (self.end is None):
            raise PydanticCustomError("half", "name both or neither")
        if self.begin is not None and self.begin == self.end:
            raise PydanticCustomError("empty", "they must not end when they begin")
        return self

    def times(self) -> tuple[time | None, time | None]:
        begin, end = [time.fromisoformat(at) if at else None for at in (self.begin, self.end)]
        return begin, end


class QuietHoursOut(BaseModel, serialize_by_alias=True):
    """`time_zone` is the one whose clock counts."""

    begin: str | None = Field(alias="from")
    end: str | None = Field(alias="until")
    time_zone: str

    @classmethod
    def of(cls, person: Person) -> Self:
        begin, end = [f"{at:%H:%M}" if at else None for at in (person.quiet_from, person.quiet_until)]
        return cls(**{"from": begin, "until": end}, time_zone=person.time_zone)

"""Facts: how somebody or something stands in auth at the instant `as_of`, which orders what arrives out of order."""

from functools import cache
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, JsonValue


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    if name not in known_zones():
        raise ValueError("not an IANA time zone")
    return name


TimeZone = Annotated[str, AfterValidator(known_zone)]


class Fact(BaseModel, frozen=True):
    """A receiver ignores members that it does not know yet, so that auth may be deployed first."""

    id: UUID
    as_of: AwareDatetime


class PersonFact(Fact, frozen=True):
    """Who somebody is. No address: nobody but auth needs one. While `exports_held`, nothing of theirs leaves."""

    name: str = Field(min_length=1, max_length=200)
    role: Literal["admin", "client", "therapist"]
    locale: str = Field(min_length=2, max_length=35)
    time_zone: TimeZone
    disabled_at: AwareDatetime | None = None
    exports_held: bool = False


class CareRelationshipFact(Fact, frozen=True):
    """Who treats whom, from when and until when."""

    client_id: UUID
    therapist_id: UUID
    kind: str = Field(min_length=1, max_length=40)
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None


class GrantFact(Fact, frozen=True):
    """A therapist may open a client's record for a time without treating them: cover, or an emergency.

    `reason_code` is one of a list; the words are sealed in portal. `covered_id` is the therapist for whom a cover
    stands in; one that was told before there was this member has none.
    """

    kind: Literal["cover", "break_glass"]
    client_id: UUID
    therapist_id: UUID
    covered_id: UUID | None = None
    reason_code: str | None = Field(default=None, max_length=40)
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class PracticeFact(Fact, frozen=True):
    """How the practice names itself, as an admin saved it: the document of `afterglow_design.practice`."""

    version: int = Field(ge=0)
    document: dict[str, JsonValue]

"""Who is in the demonstration: an admin, two therapists, twelve clients, one of whom reads Spanish. None exists."""

import json
from datetime import UTC, date, datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from afterglow_operator.demonstration.chance import chance, identifier

CARE_DAYS = 130
HISTORY_DAYS = 120
HANDED_OVER_DAYS = 45
JOINED_DAYS = 20
FOUNDED = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # any fixed time: people keep their ids from start to start


class DemoPerson(BaseModel, frozen=True):
    """One person. `therapist` is that therapist's name; `check_ins` and `journal` are choices made already.

    `earlier_therapist` treated them until HANDED_OVER_DAYS ago, `second_therapist` has for JOINED_DAYS.
    """

    name: str
    role: Literal["admin", "client", "therapist"]
    time_zone: str
    password: str
    locale: str = "en"
    therapist: str | None = None
    earlier_therapist: str | None = None
    second_therapist: str | None = None
    check_ins: str | None = None
    journal: str | None = None

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@example.org"

    @cached_property
    def id(self) -> UUID:
        return identifier(FOUNDED, chance("person", self.name))

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def today(self, now: datetime) -> date:
        """The date on this person's wall."""
        return now.astimezone(self.zone).date()


@cache
def people() -> tuple[DemoPerson, ...]:
    """Everybody: admin, therapists, clients."""
    found = json.loads(files(__package__).joinpath("people.json").read_text("utf-8"))
    return tuple(DemoPerson.model_validate(person) for person in found)


def clients() -> list[DemoPerson]:
    return [person for person in people() if person.role == "client"]


def therapist_of(client: DemoPerson) -> DemoPerson | None:
    return next((person for person in people() if person.name == client.therapist), None)


def earlier_therapist_of(client: DemoPerson) -> DemoPerson | None:
    return next((person for person in people() if person.name == client.earlier_therapist), None)


def second_therapist_of(client: DemoPerson) -> DemoPerson | None:
    return next((person for person in people() if person.name == client.second_therapist), None)


def accounts() -> list[dict[str, str]]:
    """Role, address, password, id and name of everybody, for `var/demo.json`; the same at every start."""
    return [
        {
            "role": person.role,
            "email": person.email,
            "password": person.password,
            "id": str(person.id),
            "name": person.name,
        }
        for person in people()
    ]

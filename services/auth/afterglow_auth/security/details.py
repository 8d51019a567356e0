"""What a person says about themselves: name, language, clock. Valid, or what is missing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from afterglow_design.languages import LazyString, lazy
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.names import check_seen
from afterglow_auth.accounts.service import known_time_zones
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.mail.sending import send_later
from afterglow_auth.security.letters import ACCOUNT_CHANGED
from afterglow_auth.sessions.service import SignedIn

LONGEST_NAME = 200
UNSEEN = lazy("There are characters in your name that nobody can see. Type it again, without copying it.")
WRONG = {
    "name": lazy("Enter your name, in at most 200 characters."),
    "locale": lazy("Choose one of the languages."),
    "time_zone": lazy("Choose one of the places."),
}


@dataclass(frozen=True, slots=True)
class Details:
    name: str
    locale: str
    time_zone: str

    @classmethod
    def of(cls, person: Person) -> "Details":
        return cls(person.name, person.locale, person.time_zone)

    @classmethod
    def sent(cls, form: Mapping[str, str]) -> "Details":
        return cls(" ".join(form.get("name", "").split()), form.get("locale", ""), form.get("time_zone", ""))

    def faults(self, now: "Details", languages: Collection[str]) -> dict[str, LazyString]:
        """What may not be, where the practice speaks `languages`; a value that stays as it is is never wrong."""
        right = {
            "name": 0 < len(self.name) <= LONGEST_NAME,
            "locale": self.locale in {*languages, now.locale},
            "time_zone": self.time_zone in {*known_time_zones(), now.time_zone},
        }
        wrong = {field: WRONG[field] for field, fits in right.items() if not fits}
        return wrong if self.name == now.name or is_seen(self.name) else {"name": UNSEEN, **wrong}


def is_seen(name: str) -> bool:
    """The rule of the names that are invited."""
    try:
        check_seen(name)
    except PydanticCustomError:
        return False
    return True


async def change(session: AsyncSession, signed_in: SignedIn, person: Person, wanted: Details) -> bool:
    """Keep it and tell everybody who knows the person (whom the caller has locked); False if it was so already."""
    if Details.of(person) == wanted:
        return False
    person.name, person.locale, person.time_zone = wanted.name, wanted.locale, wanted.time_zone
    await outbox.person_changed(session, person)
    await send_later(session, ACCOUNT_CHANGED, to=person.id)
    await record(session, Verb.account_changed, signed_in.caller, object_id=person.id, subject_id=person.id)
    return True


def zones(now: str) -> list[str]:
    """Places to choose a clock by, and the one that is set whatever it is called."""
    return sorted({zone for zone in known_time_zones() if "/" in zone and not zone.startswith("Etc/")} | {"UTC", now})

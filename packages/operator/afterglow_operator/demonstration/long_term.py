"""What some clients answered to the questions of every few months; of others they are due."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files

from afterglow_portal.long_term.history import ImportedCheck
from afterglow_portal.long_term.schemas import LongTermContent
from pydantic import TypeAdapter

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.people import DemoPerson

ASKED_AT = time(11, 40)


class Answered(LongTermContent, frozen=True):
    days_ago: int


@cache
def answered() -> dict[str, list[Answered]]:
    """By the client's name, oldest first."""
    found = files(__package__).joinpath("long_term.json").read_text("utf-8")
    return TypeAdapter(dict[str, list[Answered]]).validate_json(found)


def checks_of(client: DemoPerson, now: datetime) -> Iterator[ImportedCheck]:
    source = chance("long-term questions", client.name)
    for one in answered().get(client.name, []):
        day = client.today(now) - timedelta(days=one.days_ago)
        at = datetime.combine(day, ASKED_AT, client.zone)
        content = one.model_dump(exclude={"days_ago"})
        yield ImportedCheck(id=identifier(at, source), made_at=at, asked_on=day, **content)

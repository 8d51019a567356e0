"""What clients and therapists of the demonstration write to each other: practical, warm, brief."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from afterglow_messaging.messages.imports import ImportedMessage
from pydantic import TypeAdapter

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.occasions import Occasion
from afterglow_operator.demonstration.people import DemoPerson

OPENS, CLOSES = time(9), time(17)
WEEKEND = 5  # Saturday, counted from Monday


class Thread(Occasion, frozen=True):
    """A few messages in a row."""

    messages: list[tuple[Literal["client", "therapist"], str]]


@cache
def threads() -> dict[str, list[Thread]]:
    """By the client's name."""
    found = files(__package__).joinpath("conversations.json").read_text("utf-8")
    return TypeAdapter(dict[str, list[Thread]]).validate_json(found)


def messages_of(client: DemoPerson, therapist: DemoPerson, now: datetime) -> list[ImportedMessage]:
    """Everything the two wrote before `now`, oldest first; the same for the same local day."""
    source = chance("messages", client.name)
    messages: list[ImportedMessage] = []
    last = datetime.min.replace(tzinfo=UTC)
    for thread in sorted(threads()[client.name], key=lambda thread: thread.begins_at(client, now)):
        sent_at = max(thread.begins_at(client, now), last + pause(source))
        for sender, text in thread.messages:
            sent_at = in_office_hours(sent_at, therapist.zone) if sender == "therapist" else awake(sent_at, client.zone)
            person = client if sender == "client" else therapist
            messages.append(ImportedMessage(person.id, text, sent_at, identifier(sent_at, source)))
            last, sent_at = sent_at, sent_at + pause(source)
    return [message for message in messages if message.sent_at <= now]


def pause(source: Random) -> timedelta:
    """How long an answer takes, between a quarter of an hour and four hours."""
    return timedelta(seconds=source.randrange(900, 4 * 3600))


def in_office_hours(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or soon after the office opens next."""
    local = moment.astimezone(zone)
    if local.weekday() < WEEKEND and OPENS <= local.time() < CLOSES:
        return moment
    day = local.date() + timedelta(days=local.time() >= OPENS)
    while day.weekday() >= WEEKEND:
        day += timedelta(days=1)
    late = timedelta(minutes=local.minute, seconds=local.second)
    return (datetime.combine(day, OPENS, zone) + late).astimezone(UTC)


def awake(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or the next morning."""
    local = moment.astimezone(zone)
    if time(7) <= local.time() < time(23):
        return moment
    day = local.date() + timedelta(days=local.time() >= time(23))
    return datetime.combine(day, time(7, local.minute, local.second), zone).astimezone(UTC)

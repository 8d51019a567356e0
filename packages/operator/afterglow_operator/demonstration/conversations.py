"""What clients and therapists of the demonstration write to each other: practical, warm, brief."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from afterglow_messaging.attachments.imports import ImportedFile
from afterglow_messaging.messages.imports import ImportedCorrection, ImportedMessage
from pydantic import BaseModel, TypeAdapter

from afterglow_operator.demonstration.attached import content_of
from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.journals import entries_of
from afterglow_operator.demonstration.occasions import Occasion
from afterglow_operator.demonstration.people import DemoPerson

OPENS, CLOSES = time(9), time(17)
CORRECTED_AFTER, WITHDRAWN_AFTER = timedelta(minutes=3), timedelta(minutes=11)
WEEKEND = 5  # Saturday, counted from Monday


class More(BaseModel, frozen=True):
    """What became of a message: the words that it was sent with before they were corrected, or that it was withdrawn.

    `files` are the names of what went with it; `answers` is the place in its thread of the message that it replies to;
    `about` counts the client's entries or sessions from 1. `read` says that the other one has read it, also unanswered.
    """

    sent_as: str | None = None
    withdrawn: bool = False
    files: list[str] = []
    answers: int | None = None
    about: tuple[Literal["entry", "session"], int] | None = None
    read: bool = False


Party = Literal["client", "therapist", "second"]
PLAIN = More()


class Thread(Occasion, frozen=True):
    """A few messages in a row."""

    messages: list[tuple[Party, str] | tuple[Party, str, More]]


@cache
def threads() -> dict[str, list[Thread]]:
    """By the client's name."""
    return threads_in("conversations.json")


@cache
def team_threads() -> dict[str, list[Thread]]:
    """The same of care teams."""
    return threads_in("care_teams.json")


def threads_in(name: str) -> dict[str, list[Thread]]:
    return TypeAdapter(dict[str, list[Thread]]).validate_json(files(__package__).joinpath(name).read_text("utf-8"))


def messages_of(client: DemoPerson, therapist: DemoPerson, now: datetime) -> list[ImportedMessage]:
    """Everything the two wrote before `now`, oldest first; the same for the same local day."""
    return written_by({"client": client, "therapist": therapist}, threads()[client.name], now)


def team_messages_of(
    client: DemoPerson, therapist: DemoPerson, second: DemoPerson, now: datetime
) -> list[ImportedMessage]:
    """The same of all three."""
    parties: dict[Party, DemoPerson] = {"client": client, "therapist": therapist, "second": second}
    return written_by(parties, team_threads()[client.name], now)


def written_by(parties: dict[Party, DemoPerson], occasions: list[Thread], now: datetime) -> list[ImportedMessage]:
    client = parties["client"]
    source = chance("team messages" if "second" in parties else "messages", client.name)
    messages: list[ImportedMessage] = []
    last = datetime.min.replace(tzinfo=UTC)
    for thread in sorted(occasions, key=lambda thread: thread.begins_at(client, now)):
        sent_at = max(thread.begins_at(client, now), last + pause(source))
        begins = len(messages)
        for sender, text, *rest in thread.messages:
            person = parties[sender]
            sent_at = awake(sent_at, client.zone) if sender == "client" else in_office_hours(sent_at, person.zone)
            more = rest[0] if rest else PLAIN
            words = f"{address_of(client, *more.about, now)}\n{text}" if more.about else text
            message = ImportedMessage(person.id, words, sent_at, identifier(sent_at, source), read=more.read)
            messages.append(told_more(message, more, messages[begins:]))
            last, sent_at = sent_at, sent_at + pause(source)
    return [message for message in messages if message.sent_at <= now]


def address_of(client: DemoPerson, kind: Literal["entry", "session"], number: int, now: datetime) -> str:
    """As web writes it into a message about something, but for the host, which each start may choose anew."""
    if kind == "entry":
        return f"/journal/{entries_of(client, now)[number - 1].id}"
    course = course_of(client, now)
    if course is None:
        raise LookupError(f"{client.name} has no course")
    return f"/path#session-{course.sessions[number - 1].id}"


def told_more(message: ImportedMessage, more: More, before: list[ImportedMessage]) -> ImportedMessage:
    if more.files:
        named = [(name, identifier(message.sent_at, chance("file", name))) for name in more.files]
        message = replace(message, files=[ImportedFile(made, name, content_of(name)) for name, made in named])
    if more.answers is not None:
        message = replace(message, reply_to=before[more.answers].id)
    if more.withdrawn:
        message = replace(message, withdrawn_at=message.sent_at + WITHDRAWN_AFTER)
    if more.sent_as:
        later = message.sent_at + CORRECTED_AFTER
        correction = ImportedCorrection(message.text, later, identifier(later, chance("correction", message.text)))
        message = replace(message, text=more.sent_as, correction=correction)
    return message


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

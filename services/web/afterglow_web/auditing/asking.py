"""What the audit's search form asks for, in an admin's own days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.audit import Outcome
from afterglow_foundation.audit.reading import AskedEvents

from afterglow_web.admin.accounts import Accounts
from afterglow_web.admin.records import Named
from afterglow_web.auditing.sources import Source
from afterglow_web.auditing.wording import WORDS
from afterglow_web.session.kept_forms import known_id

AT_ONCE = 50
SEVERAL = 6  # of one name: more would be no choice
NO_DAY = lazy("Write a day such as 2026-03-29, or leave it empty")
NOBODY = lazy("Nobody here has this name or address.")
WHICH = lazy("Several people have this name. Choose one of them:")


@dataclass(frozen=True)
class Search:
    """`values` as they were typed; `events` None while something in them has to be put right first."""

    values: Mapping[str, str]
    sources: list[Source]
    events: AskedEvents | None = None
    errors: dict[str, LazyString] = field(default_factory=dict)
    candidates: list[Named] = field(default_factory=list)
    person: Named | None = None


async def understood(accounts: Accounts, values: Mapping[str, str], zone: str, after: UUID | None) -> Search:
    """What was meant. A service, an action or an outcome that there is none of is as good as none."""
    source = values.get("service", "")
    sources = [Source(source)] if source in set(Source) else list(Source)
    errors: dict[str, LazyString] = {}
    since = moment(values.get("since", ""), zone, "since", errors)
    until = moment(values.get("until", ""), zone, "until", errors, days=1)
    person, candidates = await whom(accounts, values, errors)
    if errors or candidates:
        return Search(values, sources, errors=errors, candidates=candidates)
    action, outcome = values.get("action", ""), values.get("outcome", "")
    events = AskedEvents(
        person=person.id if person else None,
        action=action if action in WORDS else None,
        outcome=Outcome(outcome) if outcome in set(Outcome) else None,
        since=since,
        until=until,
        after=after,
        limit=AT_ONCE,
    )
    return Search(values, sources, events=events, person=person)


async def whom(
    accounts: Accounts, values: Mapping[str, str], errors: dict[str, LazyString]
) -> tuple[Named | None, list[Named]]:
    """The person asked for, or those who might be meant."""
    if person := known_id(values.get("person")):
        found = await accounts.person(person)
        return Named(id=found.id, name=found.name), []
    who = values.get("who", "").strip()
    if not who:
        return None, []
    people = [Named(id=one.id, name=one.name) for one in (await accounts.people(search=who, limit=SEVERAL)).items]
    if not people:
        errors["who"] = NOBODY
    return (people[0], []) if len(people) == 1 else (None, people)


def moment(typed: str, zone: str, name: str, errors: dict[str, LazyString], *, days: int = 0) -> datetime | None:
    """The beginning of a day where the admin is, or of one some days later."""
    if not typed.strip():
        return None
    try:
        day = date.fromisoformat(typed.strip()) + timedelta(days=days)
        return datetime.combine(day, time(), ZoneInfo(zone))
    except (ValueError, OverflowError):
        errors[name] = NO_DAY
        return None

"""What is due goes into the ledger once. A check-in says for good whether it was prompted, the ledger for 90 days."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from afterglow_portal.curve.doses import hours_zero
from afterglow_portal.reminders.models import PlannedPrompt
from afterglow_portal.reminders.planning import LOOKS_BACK, Prompt, Wishes, due_now
from afterglow_portal.times import known_zones

# One at a time, in all processes together: two at once might know of different doses, and plan three for a day.
MY_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('afterglow.prompts'))")
CLIENTS = text("""
    SELECT person.id, person.time_zone, choice.daily, choice.daily_at, choice.after_dose, choice.chosen_at,
           enough.a_day,
           ARRAY(SELECT dose.given_at FROM administrations AS dose
                 WHERE dose.client_id = person.id AND dose.given_at > CAST(:given_from AS timestamptz)
                   AND dose.given_at <= CAST(:now AS timestamptz)
                 ORDER BY dose.given_at) AS given,
           ARRAY(SELECT prompt.slot FROM prompts AS prompt
                 WHERE prompt.client_id = person.id
                   AND prompt.due_at > CAST(:now AS timestamptz) - interval '2 days') AS planned,
           (SELECT count(*) FROM check_ins AS noted
            WHERE enough.a_day IS NOT NULL AND noted.client_id = person.id AND noted.erased_at IS NULL
              AND noted.felt_at > CAST(:now AS timestamptz) - interval '1 day'
              AND noted.local_date = CAST(CAST(:now AS timestamptz) AT TIME ZONE person.time_zone AS date)) AS noted
    FROM people AS person
    LEFT JOIN reminder_choices AS choice ON choice.client_id = person.id
    LEFT JOIN check_in_limits AS enough ON enough.client_id = person.id
    WHERE person.role = 'client' AND person.disabled_at IS NULL
      AND EXISTS (SELECT FROM care_relationships AS care
                  WHERE care.client_id = person.id AND care.ended_at IS NULL
                    AND care.started_at <= CAST(:now AS timestamptz))
""")


async def plan(database: Database, now: datetime) -> int:
    """Enter what is due now for everybody in care; returns how many prompts that were. `database` is the worker's."""
    async with database.unit_of_work(RowContext()) as session:
        if not await session.scalar(MY_TURN):
            return 0
        clients = await session.execute(CLIENTS, {"now": now, "given_from": now - LOOKS_BACK})
        lines = [line(client.id, prompt) for client in clients for prompt in due_of(client, now)]
        if not lines:
            return 0
        entered = insert(PlannedPrompt).values(lines).on_conflict_do_nothing().returning(col(PlannedPrompt.id))
        return len((await session.scalars(entered)).all())


def due_of(client: Row[Any], now: datetime) -> list[Prompt]:
    """Nothing for whoever noted today what they find enough, nor by a clock that nobody knows."""
    enough = client.a_day is not None and client.noted >= client.a_day
    if enough or client.time_zone not in known_zones():
        return []
    chosen = {} if client.chosen_at is None else chosen_by(client)
    wishes = Wishes(**chosen, a_day=client.a_day)
    return due_now(now, wishes, ZoneInfo(client.time_zone), hours_zero(client.given), client.planned)


def chosen_by(client: Row[Any]) -> dict[str, Any]:
    choice = {name: getattr(client, name) for name in ("daily", "daily_at", "after_dose")}
    return choice | {"since": client.chosen_at}


def line(client: object, prompt: Prompt) -> dict[str, object]:
    return {
        "client_id": client,
        "id": new_id(),
        "slot": prompt.slot,
        "kind": str(prompt.kind),
        "local_date": prompt.day,
        "due_at": prompt.due_at,
        "expires_at": prompt.expires_at,
        "state": "planned",
        "ask_at": prompt.due_at,
    }

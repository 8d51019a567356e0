"""What a service has to hand over, and what became of it: a table of the service's own, kept by its worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.notices.contract import NoticeAnswer, NoticeKind, NoticeState

UNSETTLED = ("planned", "handed_over")
AT_ONCE = 500
KEPT_FOR = timedelta(days=90)
FIRST_PAUSE = timedelta(seconds=10)


class Line(Protocol):
    """A line of a ledger: planned → handed_over → sent or unsent.

    Under its `id` auth knows it as a notice. `ask_at` is when auth is told or asked next, `sent_at` what auth says.
    """

    id: UUID
    due_at: datetime
    expires_at: datetime
    state: str
    ask_at: datetime
    handed_over_at: datetime | None
    sent_at: datetime | None


LineT = TypeVar("LineT", bound=Line)


@dataclass(frozen=True, slots=True)
class Ledger(Generic[LineT]):
    """`database` is the worker role's; `person` names the column that says to whom."""

    database: Database
    table: type[LineT]
    person: str
    kind: NoticeKind

    def receiver(self, line: LineT) -> UUID:
        found: UUID = getattr(line, self.person)
        return found

    async def unsettled(self, now: datetime) -> Sequence[LineT]:
        """Of which auth is to be told, or asked what became of them; what is overdue longest comes first."""
        state, ask_at = col(self.table.state), col(self.table.ask_at)
        waiting = select(self.table).where(state.in_(UNSETTLED), ask_at <= now).order_by(ask_at).limit(AT_ONCE)
        async with self.database.unit_of_work(RowContext()) as session:
            return (await session.scalars(waiting)).all()

    async def note(self, line: LineT, answer: NoticeAnswer, now: datetime) -> None:
        """Enter what auth said about one. A later word replaces an earlier one, until it is settled."""
        await self.change(line, standing(line, answer, now))

    async def put_off(self, line: LineT, now: datetime) -> None:
        """Auth could not be asked: it is again, ever more seldom."""
        await self.change(line, {"ask_at": now + max(FIRST_PAUSE, (now - line.due_at) / 4)})

    async def change(self, line: LineT, values: Mapping[str, object]) -> None:
        whose = getattr(self.table, self.person) == self.receiver(line)
        open_still = update(self.table).where(
            whose, col(self.table.id) == line.id, col(self.table.state).in_(UNSETTLED)
        )
        async with self.database.unit_of_work(RowContext()) as session:
            await session.execute(open_still.values(**values))

    async def forget_old(self, now: datetime) -> None:
        async with self.database.unit_of_work(RowContext()) as session:
            await session.execute(delete(self.table).where(col(self.table.due_at) < now - KEPT_FOR))


def standing(line: Line, answer: NoticeAnswer, now: datetime) -> dict[str, object]:
    """While it waits auth is asked again, ever more seldom: first when it means to send it."""
    since = line.handed_over_at or now
    if answer.state is NoticeState.waiting:
        pause = max(FIRST_PAUSE, (now - since) / 4)
        return {"state": "handed_over", "handed_over_at": since, "ask_at": max(answer.send_at, now) + pause}
    if answer.state is NoticeState.sent:
        return {"state": "sent", "handed_over_at": since, "sent_at": answer.sent_at}
    return {"state": "unsent", "handed_over_at": since}

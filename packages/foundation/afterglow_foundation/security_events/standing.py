"""Whether somebody may still act here: a token outlives an ended session, a closed account and a changed role.

The local copy does not. So every request asks it, within a statement that it needs anyway.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Forbidden, NotAuthenticated, Problem, Refusal, Unavailable
from afterglow_foundation.security_events.columns import PersonColumns, RevokedSessionColumns

SECONDS_UNTIL_KNOWN = "5"


class RefusedStanding(StrEnum):
    """What the audit keeps of a refusal for this reason."""

    person_not_live = "person.not_live"
    session_revoked = "session.revoked"


class AccountClosed(Forbidden):
    """The account is closed, or has another role by now than the token says."""

    code, title = "account_closed", "This account is closed"

    def __init__(self, caller: Caller) -> None:
        super().__init__(refusal=Refusal(RefusedStanding.person_not_live, subject_id=caller.id))


class SessionRevoked(NotAuthenticated):
    """The token is in order, but the session in which it was issued is over."""

    code, title = "session_revoked", "Please sign in again"

    def __init__(self, caller: Caller) -> None:
        challenge = {"WWW-Authenticate": f'{caller.scheme} error="invalid_token"'}
        super().__init__(headers=challenge, refusal=Refusal(RefusedStanding.session_revoked, subject_id=caller.id))


class NotArrived(Unavailable):
    """Auth knows the person, this service does not yet: worth another try, so that an outbox keeps what it holds."""

    def __init__(self) -> None:
        super().__init__("Your account has not arrived here yet.", headers={"Retry-After": SECONDS_UNTIL_KNOWN})


def refusal_of(caller: Caller, *, revoked: bool, live: bool) -> Problem | None:
    """Why somebody whom this service knows may not act, if so; the session first: its answer leads to signing in."""
    if revoked:
        return SessionRevoked(caller)
    return None if live else AccountClosed(caller)


@dataclass(frozen=True, slots=True)
class Standings:
    """Looks people up in the local copy."""

    people: type[PersonColumns]
    revoked_sessions: type[RevokedSessionColumns]

    async def refuse_unless_live(self, session: AsyncSession, caller: Caller) -> None:
        """Raise SessionRevoked, AccountClosed or NotArrived for somebody who may not act. One statement."""
        person, revoked = self.people, self.revoked_sessions
        is_revoked = exists().where(col(revoked.session_id).in_(caller.rests_on))
        asked = select(col(person.disabled_at), col(person.role), is_revoked.label("revoked"))
        found = (await session.execute(asked.where(col(person.id) == caller.person))).one_or_none()
        if found is None:
            raise NotArrived
        live = found.disabled_at is None and found.role == caller.role
        if problem := refusal_of(caller, revoked=found.revoked, live=live):
            raise problem

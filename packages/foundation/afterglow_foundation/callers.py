"""Who is asking: the caller of a request, however it was authenticated."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from starlette.requests import Request


class Role(StrEnum):
    admin = "admin"
    client = "client"
    service = "service"
    therapist = "therapist"


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person, or a service (`id` is then None and `client_id` says which)."""

    id: UUID | None
    role: Role
    client_id: str | None = None
    session_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    authenticated_at: datetime | None = None
    acr: str | None = None
    amr: tuple[str, ...] = ()

    @property
    def person(self) -> UUID:
        """The person's id; a service where a person is needed is a programming error."""
        if self.id is None:
            raise LookupError("the caller is a service, not a person")
        return self.id


Authenticator = Callable[[Request], Awaitable[Caller | None]]


async def find_caller(request: Request) -> Caller | None:
    """Ask the service's authenticator once per request and remember the answer."""
    if not hasattr(request.state, "caller"):
        authenticate: Authenticator = request.app.state.authenticate
        request.state.caller = await authenticate(request)
    caller: Caller | None = request.state.caller
    return caller

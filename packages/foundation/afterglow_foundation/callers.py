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


class Scheme(StrEnum):
    """How a token is sent, and what its refusal is called (RFC 6750 §2.1, RFC 9449 §7.1)."""

    bearer = "Bearer"
    dpop = "DPoP"


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person, or a service (`id` is then None and `client_id` says which).

    `expires_at` is when the access token does: an answer that goes on for long ends there. `authorization_id` is what
    the person allowed the program at that sign-in. `jkt` is the thumbprint of the key that the token is bound to, if it
    is to any (RFC 9449). `actor` is the service that holds the token in the person's stead (RFC 8693).
    """

    id: UUID | None
    role: Role
    client_id: str | None = None
    session_id: UUID | None = None
    authorization_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    authenticated_at: datetime | None = None
    acr: str | None = None
    amr: tuple[str, ...] = ()
    expires_at: datetime | None = None
    jkt: str | None = None
    actor: str | None = None

    @property
    def person(self) -> UUID:
        """The person's id; a service where a person is needed is a programming error."""
        if self.id is None:
            raise LookupError("the caller is a service, not a person")
        return self.id

    @property
    def scheme(self) -> Scheme:
        """How the access token came: one that is bound to a key is taken in no other way."""
        return Scheme.bearer if self.jkt is None else Scheme.dpop

    @property
    def rests_on(self) -> list[UUID]:
        """What the access token ends with: its session, and what its program was allowed in it."""
        return [one for one in (self.session_id, self.authorization_id) if one]


Authenticator = Callable[[Request], Awaitable[Caller | None]]


async def find_caller(request: Request) -> Caller | None:
    """Ask the service's authenticator once per request and remember the answer."""
    if not hasattr(request.state, "caller"):
        authenticate: Authenticator = request.app.state.authenticate
        request.state.caller = await authenticate(request)
    caller: Caller | None = request.state.caller
    return caller

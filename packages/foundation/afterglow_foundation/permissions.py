"""Closed by default: a route says in its signature which permission it needs, or the service does not start."""

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute, RouteContext, iter_route_contexts
from starlette.requests import Request

from afterglow_foundation.bearer import EITHER
from afterglow_foundation.callers import Caller, Role, find_caller
from afterglow_foundation.errors import Forbidden, NotAuthenticated, Refusal
from afterglow_foundation.security_events.feed import Feed, StaleFeed
from afterglow_foundation.step_up import Steps, require_fresh


class UnguardedRouteError(RuntimeError):
    """A route without a declared permission."""


class Requirement:
    """The dependency behind `require(permission)`: answers the caller, or 401, an audited 403, or 503.

    Of a service in a person's stead only what reads is let through: what it writes would count as theirs. 503 where the
    service has not heard from auth for too long to be sure of staff, or of a privileged permission; an audited 401 with
    a challenge where the permission takes a step-up.
    """

    def __init__(self, permission: StrEnum) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Caller:
        caller = await authenticated(request)
        access: AccessControl = request.app.state.access
        if not access.allows(caller.role, self.permission) or (caller.actor and not reads(self.permission)):
            raise Forbidden(refusal=Refusal(action=str(self.permission)))
        feed: Feed | None = request.app.state.feed
        if feed and feed.is_stale and access.needs_fresh_feed(caller.role, self.permission):
            raise StaleFeed
        if step_up := access.step_up.get(self.permission):
            require_fresh(caller, step_up, Refusal(action=str(self.permission)))
        return caller


def reads(permission: StrEnum) -> bool:
    """Whether it is for looking only, by its name: what is called anything else is not."""
    return permission.endswith(":read")


STAFF = {Role.admin, Role.therapist}


class AccessControl:
    """Which role has which permissions of one service.

    While the feed is stale, staff have none but the `harmless` ones, and clients all but the `privileged` ones: a
    check-in or a message that is lost would harm more than a late refusal.

    Whoever has a permission named in `step_up` must have proved who they are as freshly as it says.
    """

    def __init__(
        self,
        grants: Mapping[Role, Collection[StrEnum]],
        *,
        privileged: Collection[StrEnum] = (),
        harmless: Collection[StrEnum] = (),
        step_up: Steps | None = None,
    ) -> None:
        self.grants = {role: frozenset(permissions) for role, permissions in grants.items()}
        self.privileged = frozenset(privileged)
        self.harmless = frozenset(harmless)
        self.step_up = dict(step_up or {})

    def allows(self, role: Role, permission: StrEnum) -> bool:
        return permission in self.grants.get(role, frozenset())

    def needs_fresh_feed(self, role: Role, permission: StrEnum) -> bool:
        """Services are not among staff: auth does not tell of them, and no person is revoked by them."""
        return (role in STAFF and permission not in self.harmless) or permission in self.privileged


def require(permission: StrEnum) -> Any:  # noqa: ANN401  # as fastapi.Depends, which it wraps
    """Use inside Annotated: `ReadCheckIns = Annotated[Caller, require(Permission.check_ins_read)]`."""
    return Depends(Requirement(permission))


async def authenticated(request: Request) -> Caller:
    """Answer the caller or 401; stands on every router that is not public."""
    caller = await find_caller(request)
    if caller is None:
        raise NotAuthenticated(headers={"WWW-Authenticate": EITHER})
    return caller


async def public() -> None:
    """Mark a route as open to everyone, by name."""


def guards(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """The requirements and public marks in a route's dependency tree."""
    if isinstance(dependant.call, Requirement) or dependant.call is public:
        yield dependant.call
    for child in dependant.dependencies:
        yield from guards(child)


def guarded_routes(app: FastAPI) -> list[tuple[RouteContext, list[Callable[..., Any]]]]:
    """Every route of the app, included routers' too, with its guards."""
    return [
        (context, list(guards(context.dependant)))
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute | APIWebSocketRoute)
    ]


def refuse_unguarded(app: FastAPI) -> None:
    """Raise UnguardedRouteError unless every route requires permissions or is public, and not both."""
    for context, marks in guarded_routes(app):
        if not marks:
            raise UnguardedRouteError(f"{context.path} declares no permission")
        if public in marks and len(set(marks)) > 1:
            raise UnguardedRouteError(f"{context.path} is public and guarded at once")

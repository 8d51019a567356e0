"""The permission walker: every route of an app with what guards it."""

from dataclasses import dataclass

from fastapi import FastAPI

from afterglow_foundation.permissions import Requirement, guarded_routes, public


@dataclass(frozen=True, order=True)
class GuardedRoute:
    """One method of one route; `permission` is None where it is public."""

    path: str
    method: str
    permission: str | None


def walk(app: FastAPI) -> list[GuardedRoute]:
    """List every route by method. Raises AssertionError for a route without a guard, or when none is found."""
    found: list[GuardedRoute] = []
    for context, guards in guarded_routes(app):
        assert guards, f"{context.path} declares no permission"
        permissions = [str(guard.permission) for guard in guards if isinstance(guard, Requirement)]
        assert permissions or public in guards
        found += [
            GuardedRoute(str(context.path), method, permissions[0] if permissions else None)
            for method in sorted(context.methods or ())
        ]
    assert found, "the walker found no route at all"
    return sorted(found, key=lambda route: (route.path, route.method))

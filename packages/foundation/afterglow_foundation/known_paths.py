"""Routes whose path has no parameter are looked up by it, where FastAPI would try every route before the right one.

It tries each twice, once to choose the router and once in it. A refresh, which is the first route, takes an eighth less
processor time so, and whoever stands further down more.
"""

from collections.abc import Awaitable, Callable, Iterable
from inspect import iscoroutinefunction, signature
from typing import Any

from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from afterglow_foundation.permissions import public


class KnownPaths(BaseRoute):
    """Stands before all other routes. What it does not know (a parameter, another method) it leaves to them."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.known: dict[tuple[str, str], tuple[RouteContext, ASGIApp]] = {}
        for context in iter_route_contexts(list(routes)):
            if isinstance(context.original_route, APIRoute) and context.path and "{" not in context.path:
                for method in context.methods or ():
                    self.known.setdefault((method, context.path), (context, app_of(context)))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = self.known.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        context, app = found
        return Match.FULL, {"route": context, "endpoint": context.endpoint, "path_params": {}, "known_path": app}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["known_path"](scope, receive, send)


def app_of(context: RouteContext) -> ASGIApp:
    """FastAPI's own, or the function alone where FastAPI would have nothing to do."""
    endpoint = context.endpoint
    app: ASGIApp = plainly(endpoint) if endpoint and is_plain(endpoint, context) else context.app
    return app


def is_plain(endpoint: Callable[..., Any], context: RouteContext) -> bool:
    """Whether a public route's function takes the request and nothing else, and answers a Response itself."""
    function = signature(endpoint)
    return (
        iscoroutinefunction(endpoint)
        and [each.annotation for each in function.parameters.values()] == [Request]
        and function.return_annotation is Response
        and all(dependant.call is public for dependant in context.dependant.dependencies)
        and context.max_body_size is None
    )


def plainly(function: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    """Without FastAPI's look at dependencies, and stacks for those that end later: an eighth of a refresh."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await function(Request(scope, receive, send))
        await response(scope, receive, send)

    return app

"""The services behind web: one kept-alive client for each, shared by the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from afterglow_foundation.client import ServiceClient
from fastapi import FastAPI
from starlette.requests import Request

from afterglow_web.settings import Settings


@dataclass(frozen=True)
class Upstreams:
    """auth (tokens and accounts), portal and messaging."""

    auth: ServiceClient
    portal: ServiceClient
    messaging: ServiceClient

    @classmethod
    def connect(cls, settings: Settings) -> "Upstreams":
        """Make the clients; nothing connects before the first call."""
        return cls(
            auth=ServiceClient(settings.auth_url),
            portal=ServiceClient(settings.portal_url),
            messaging=ServiceClient(settings.messaging_url),
        )

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Close the connections when the app ends."""
        app.state.upstreams = self
        yield
        for client in (self.auth, self.portal, self.messaging):
            await client.close()


def upstreams_of(request: Request) -> Upstreams:
    upstreams: Upstreams = request.app.state.upstreams
    return upstreams

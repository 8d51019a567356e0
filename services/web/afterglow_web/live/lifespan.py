"""What must run beside the requests for streams to be woken, and to end in time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from afterglow_foundation.client import ServiceTokens
from afterglow_foundation.live import Listening, told_to_stop
from fastapi import FastAPI

from afterglow_web.live.hub import Hub
from afterglow_web.live.wake_ups import WakeUps
from afterglow_web.session.store import CHANNEL
from afterglow_web.settings import Settings
from afterglow_web.upstreams import Upstreams

SCOPE = "live"


@asynccontextmanager
async def live(app: FastAPI) -> AsyncIterator[None]:
    """Follow messaging's wake-ups and this database's announcements; end the streams when told to stop."""
    hub: Hub = app.state.hub
    settings: Settings = app.state.settings
    upstreams: Upstreams = app.state.upstreams
    tokens = ServiceTokens(
        upstreams.auth,
        issuer=settings.issuer,
        client_id=settings.events_client_id,
        private_key=settings.private_key,
        scope=SCOPE,
    )
    url = settings.database_url.get_secret_value()
    listening = Listening(url, CHANNEL, hear=hub.hear, missed=hub.wake_everybody)
    wake_ups = WakeUps(upstreams.messaging, tokens, hub)
    with told_to_stop(hub.close):
        async with listening.running(), wake_ups.running():
            yield
    hub.close()

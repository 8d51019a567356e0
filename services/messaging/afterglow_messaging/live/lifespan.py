"""What must run beside the requests for streams to be woken, and to end in time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from afterglow_foundation.live import Listening, told_to_stop
from fastapi import FastAPI

from afterglow_messaging.live.hub import Hub
from afterglow_messaging.live.waking import CHANNEL


@asynccontextmanager
async def live(app: FastAPI) -> AsyncIterator[None]:
    """Listen for this process's streams; end them when it is told to stop."""
    hub: Hub = app.state.hub
    url = app.state.settings.database_url.get_secret_value()
    listening = Listening(url, CHANNEL, hear=hub.hear, missed=hub.wake_everybody)
    app.state.listening = listening
    with told_to_stop(hub.close):
        async with listening.running():
            yield
    hub.close()

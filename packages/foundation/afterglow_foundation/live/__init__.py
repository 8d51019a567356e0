"""Answers that go on: server-sent events, the flags that wake them, and the database connection that raises flags."""

from afterglow_foundation.live.listeners import Listener
from afterglow_foundation.live.listening import Listening
from afterglow_foundation.live.stopping import told_to_stop
from afterglow_foundation.live.streams import MEDIA_TYPE, RETRY, SILENCE, EventStream, event, waking

__all__ = [
    "MEDIA_TYPE",
    "RETRY",
    "SILENCE",
    "EventStream",
    "Listener",
    "Listening",
    "event",
    "told_to_stop",
    "waking",
]

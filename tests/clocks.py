"""Clocks that a test turns on."""

import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest


def turn_steady_clock(monkeypatch: pytest.MonkeyPatch, module: ModuleType, ahead: Callable[[], float]) -> None:
    """Let one module's `time.monotonic` be ahead by so many seconds.

    Never `time.monotonic` itself: it is the event loop's clock too, and what goes to sleep while that is ahead
    sleeps on for as long once it is back.
    """
    clocks = vars(time) | {"monotonic": lambda: time.monotonic() + ahead()}
    monkeypatch.setattr(module, "time", SimpleNamespace(**clocks))

"""Everybody whom a factor reset is about, and what stands behind them."""

import pytest
from fastapi import FastAPI

from tests.auth.arranging import Browser, Desk, Scene
from tests.auth.factor_resets.arranging import Parties


@pytest.fixture
def parties(app: FastAPI, desk: Desk, other_browser: Browser, scene: Scene) -> Parties:
    return Parties(app, desk, other_browser, scene.person, scene.web, scene.database)

"""An auth that push services know."""

import json
from typing import Any

import pytest
from afterglow_auth.main import create
from afterglow_auth.settings import Settings
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from joserfc.jwk import ECKey

from tests.auth.arranging import HASHING_KEY

KEY = ECKey.generate_key("P-256", private=True)


@pytest.fixture(scope="session")
def with_key(settings_values: dict[str, Any]) -> Settings:
    key = json.dumps(KEY.as_dict(private=True))
    return Settings(
        **settings_values, token_hashing_key=HASHING_KEY, mfa_required_for_staff=False, push_private_key=key
    )


@pytest.fixture
def app(with_key: Settings, database: RolledBackDatabase) -> FastAPI:
    return create(with_key, database=database)

"""web in front of a provider that can lie, and the admin who signs in."""

from collections.abc import Callable

import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer
from fastapi import FastAPI
from joserfc.jwk import ECKey

from tests.web.browser import Browser
from tests.web.conformance.suite import LyingAuth, Suite


@pytest.fixture
def auth(issuer: TestIssuer, web_key: ECKey) -> LyingAuth:
    return LyingAuth(issuer, web_key)


@pytest.fixture
def app(make_app: Callable[..., FastAPI], database: RolledBackDatabase, auth: LyingAuth) -> FastAPI:
    return make_app(database, keys=auth.keys())


@pytest.fixture
def suite(browser: Browser, auth: LyingAuth, admin: Person, database: RolledBackDatabase) -> Suite:
    return Suite(browser, auth, admin, database)

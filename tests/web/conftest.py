"""web in tests: the real app on real PostgreSQL, with auth, portal and messaging played by small fakes."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from afterglow_foundation.client import ServiceClient
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import TestIssuer
from afterglow_foundation.tokens import KeyCache
from afterglow_web.main import create
from afterglow_web.settings import Settings
from afterglow_web.upstreams import Upstreams
from fastapi import FastAPI
from joserfc.jwk import ECKey

from tests.web.browser import Browser
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_auth import FakeAuth
from tests.web.fake_messaging import FakeMessaging
from tests.web.fake_portal import FakePortal


@pytest.fixture(scope="session")
def migrated(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("web", "unit")


@pytest.fixture(scope="session")
def committed(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("web", "committed")


@pytest.fixture(scope="session")
def web_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "web-key"}, auto_kid=False)


@pytest.fixture
def web_settings(settings_values: dict[str, Any], web_key: ECKey) -> Settings:
    return Settings(
        **settings_values,
        portal_url="http://portal.invalid",
        messaging_url="http://messaging.invalid",
        client_private_key=json.dumps(web_key.as_dict(private=True)),
    )


@pytest.fixture
def auth(issuer: TestIssuer, web_key: ECKey) -> FakeAuth:
    return FakeAuth(issuer, web_key)


@pytest.fixture
def accounts(auth: FakeAuth) -> FakeAccounts:
    return auth.accounts


@pytest.fixture
def in_spanish(auth: FakeAuth) -> None:
    """Whoever signs in from now on has Spanish in their account."""
    auth.claims["locale"] = "es"


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
def messaging(issuer: TestIssuer) -> FakeMessaging:
    return FakeMessaging(issuer.key)


@pytest.fixture
def make_app(
    web_settings: Settings, issuer: TestIssuer, auth: FakeAuth, portal: FakePortal, messaging: FakeMessaging
) -> Callable[..., FastAPI]:
    """Build the app on a database; settings may be changed by name."""

    def make(database: Database, *, keys: KeyCache | None = None, **changes: Any) -> FastAPI:
        upstreams = Upstreams(
            auth=ServiceClient("http://auth.invalid", transport=httpx.MockTransport(auth.answer)),
            portal=ServiceClient("http://portal.invalid", transport=httpx.MockTransport(portal.answer)),
            messaging=ServiceClient("http://messaging.invalid", transport=httpx.MockTransport(messaging.answer)),
        )
        settings = web_settings.model_copy(update=changes)
        return create(settings, database=database, keys=keys or issuer.keys(), upstreams=upstreams)

    return make


@pytest.fixture
def app(make_app: Callable[..., FastAPI], database: RolledBackDatabase) -> FastAPI:
    return make_app(database)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(app: FastAPI, auth: FakeAuth) -> AsyncIterator[Browser]:
    opened = Browser(app, auth)
    yield opened
    await opened.http.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def other_browser(app: FastAPI, auth: FakeAuth) -> AsyncIterator[Browser]:
    opened = Browser(app, auth)
    yield opened
    await opened.http.aclose()

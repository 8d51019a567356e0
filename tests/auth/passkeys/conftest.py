"""Somebody with a passkey on their phone."""

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.provider import IdentityProvider
from fastapi import FastAPI

from tests.auth.authenticators import Authenticator
from tests.auth.passkeys.arranging import phone_of


@pytest.fixture
def provider(app: FastAPI) -> IdentityProvider:
    made: IdentityProvider = app.state.provider
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def phone(provider: IdentityProvider, person: Person) -> Authenticator:
    return await phone_of(provider, person)

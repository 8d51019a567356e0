"""Registering OAuth clients: what is refused, and by which role it may be done."""

from typing import Any

import pytest
from afterglow_auth.oauth.clients import TOKEN_EXCHANGE, NewClient, register
from afterglow_foundation.testing.databases import RolledBackDatabase
from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError
from sqlalchemy.exc import ProgrammingError

KEY = ECKey.generate_key("P-256", {"kid": "one"})
GOOD: dict[str, Any] = {
    "client_id": "trial",
    "name": "A trial",
    "kind": "confidential",
    "redirect_uris": ["https://trial.example/callback"],
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks": {"keys": [KEY.as_dict(private=False)]},
    "scopes": ["openid"],
    "grants": ["authorization_code"],
}


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": ["https://*.example/callback"]},
        {"redirect_uris": ["https://trial.example/callback#x"]},
        {"redirect_uris": ["http://trial.example/callback"]},
        {"redirect_uris": ["https://user@trial.example/"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["/callback"]},
        {"redirect_uris": ["https://trial.example/callback;v=1"]},
        {"redirect_uris": ["https://trial.example/callback?of=a,b"]},
        {"post_logout_redirect_uris": ["https://trial.example/a,b"]},
        {"post_logout_redirect_uris": ["https://trial.example/ x"]},
        {"jwks": None},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [KEY.as_dict(private=True)]}},
        {"jwks": {"keys": [RSAKey.generate_key(2048).as_dict(private=False)]}},
        {"jwks": {"keys": [ECKey.generate_key("P-384").as_dict(private=False)]}},
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "client_secret_basic", "secret_hash": b"x"},
        {"token_endpoint_auth_method": "client_secret_basic", "jwks": None},
        {"token_endpoint_auth_method": "client_secret_post", "secret_hash": b"x", "jwks": None},
        {"secret_hash": b"x"},
        {"kind": "public"},
        {"kind": "service"},
        {"scopes": ["security_events"]},
        {"scopes": ["everything"]},
        {"grants": ["password"]},
        {"exchange_scopes": ["portal"]},
        {"grants": ["authorization_code", TOKEN_EXCHANGE]},
        {"grants": [TOKEN_EXCHANGE], "exchange_scopes": ["portal"]},
        {"client_id": "a b"},
        {"secret": "x"},
    ],
)
def test_what_cannot_be_registered(changes: dict[str, Any]):
    NewClient(**GOOD)
    with pytest.raises(ValidationError):
        NewClient(**(GOOD | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"grants": ["client_credentials"]},
        {"grants": [TOKEN_EXCHANGE]},
        {"grants": ["client_credentials", "authorization_code", TOKEN_EXCHANGE]},
        {"exchange_scopes": []},
        {"exchange_scopes": ["portal"]},
        {"exchange_scopes": ["openid"]},
        {"exchange_scopes": ["messaging", "live"]},
        {"client_id": "web-events"},
        {"kind": "confidential"},
    ],
)
def test_only_a_service_with_an_api_exchanges_and_for_another_one(changes: dict[str, Any]):
    grants = ["client_credentials", TOKEN_EXCHANGE]
    good = GOOD | {"client_id": "portal", "kind": "service", "redirect_uris": [], "scopes": [], "grants": grants}
    good |= {"exchange_scopes": ["messaging"]}
    NewClient(**good)
    with pytest.raises(ValidationError):
        NewClient(**(good | changes))


async def test_registering_again_brings_up_to_date(database: RolledBackDatabase):
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await register(session, NewClient(**GOOD))
        again = await register(session, NewClient(**(GOOD | {"name": "Renamed"})))
        assert (again.client_id, again.name) == ("trial", "Renamed")


async def test_the_role_that_answers_requests_cannot_register(database: RolledBackDatabase):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.sessions() as session, session.begin():
            await register(session, NewClient(**GOOD))

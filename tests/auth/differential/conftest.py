"""The same clients, registered with both providers."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_operator.ports import LOOPBACK, free_ports
from joserfc.jwk import ECKey

from tests.auth.arranging import Browser, Program
from tests.auth.differential.sides import Ours, Theirs
from tests.node import running

HERE = Path(__file__).parent
SCOPES = "openid profile email offline_access"
KEY = ECKey.generate_key("P-256", {"kid": "one"})


def programs() -> list[Program]:
    """A confidential client, another one, and a public one."""
    return [
        Program("tried", "https://client.example/callback", scopes=SCOPES, key=KEY),
        Program("other", "https://other.example/callback", scopes=SCOPES, key=KEY),
        Program("open", "https://open.example/callback", scopes=SCOPES, kind="public"),
    ]


def metadata(program: Program) -> dict[str, Any]:
    """A client as oidc-provider has it."""
    public = program.kind == "public"
    return {
        "client_id": program.client_id,
        "redirect_uris": [program.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": program.scopes,
        "id_token_signed_response_alg": "RS256",
        "token_endpoint_auth_method": "none" if public else "private_key_jwt",
        **({} if public else {"jwks": {"keys": [program.key.as_dict(private=False)]}}),
    }


@pytest.fixture(scope="session")
def peer() -> Iterator[str]:
    """oidc-provider running; its issuer."""
    port = free_ports(1)[0]
    with running(HERE / "peer.mjs", {"port": port, "clients": [metadata(each) for each in programs()]}) as provider:
        assert next(provider.said()) == {"ready": True}
        yield f"http://{LOOPBACK}:{port}"


@pytest_asyncio.fixture(loop_scope="session")
async def theirs(peer: str) -> AsyncIterator[Theirs]:
    async with httpx.AsyncClient(base_url=peer) as client:
        yield Theirs.at(peer, client)


@pytest.fixture
def ours(browser: Browser, person: Person) -> Ours:
    return Ours.of(browser, person.email)


@pytest_asyncio.fixture(loop_scope="session")
async def tried(database: RolledBackDatabase) -> dict[str, Program]:
    """The clients by their ids, registered with ours too."""
    found = {program.client_id: program for program in programs()}
    async with database.arrange() as session:
        for program in found.values():
            await program.register(session)
    return found

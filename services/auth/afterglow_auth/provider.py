"""What all requests of one process share."""

from dataclasses import dataclass, field
from typing import Annotated

from afterglow_design.templates import Templates
from afterglow_foundation.database import Database
from fastapi import Depends
from starlette.requests import Request

from afterglow_auth.digests import Digests
from afterglow_auth.oauth.clients import ClientDirectory
from afterglow_auth.oauth.signing_keys import SigningKeys
from afterglow_auth.settings import Settings


@dataclass(frozen=True)
class IdentityProvider:
    """Settings, digests, keys, clients and pages of this auth; and when which client's refusal last went into audit."""

    settings: Settings
    database: Database
    digests: Digests
    keys: SigningKeys
    clients: ClientDirectory
    templates: Templates
    refusals_kept: dict[tuple[str, str], float] = field(default_factory=dict)


def provider_of(request: Request) -> IdentityProvider:
    provider: IdentityProvider = request.app.state.provider
    return provider


Provider = Annotated[IdentityProvider, Depends(provider_of)]

"""What all requests of one process share."""

from dataclasses import dataclass, field
from typing import Annotated

from afterglow_design.practice_now import KnownPractice
from afterglow_design.templates import Templates
from afterglow_foundation.database import Database
from afterglow_foundation.sealing import KeyProvider
from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request

from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.oauth.clients import ClientDirectory
from afterglow_auth.oauth.signing_keys import SigningKeys
from afterglow_auth.settings import Settings


@dataclass(frozen=True)
class IdentityProvider:
    """Settings, digests, keys (and what seals them), clients, pages and practice of this auth.

    `refusals_kept` says when which client's refusal last went into audit.
    """

    settings: Settings
    database: Database
    digests: Digests
    keys: SigningKeys
    sealed_with: KeyProvider
    clients: ClientDirectory
    templates: Templates
    practice: KnownPractice
    refusals_kept: dict[tuple[str, str], float] = field(default_factory=dict)

    async def neutral_name(self) -> str:
        """What stands for the practice where others may look: in a phone's list of passkeys, in an app for codes."""
        return str((await self.practice.now()).spoken().neutral_name)


async def provider_of(request: Request) -> IdentityProvider:
    """Async, to stay out of the thread pool: that hop was a tenth of a refresh's processor time."""
    provider: IdentityProvider = request.app.state.provider
    return provider


Provider = Annotated[IdentityProvider, Depends(provider_of)]


def digest_of(provider: IdentityProvider, document: BaseModel) -> bytes:
    """A keyed digest of what was sent, in canonical form: the same for a repeat, and it tells nothing."""
    return provider.digests.of(Purpose.body, document.model_dump_json())

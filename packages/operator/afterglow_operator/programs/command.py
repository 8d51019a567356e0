"""What `afterglow programs …` does."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterglow_auth.backchannel.addresses import refuse_unreachable
from afterglow_auth.digests import Digests, new_secret
from afterglow_auth.oauth.clients import NewClient, hash_secret, register
from afterglow_auth.oauth.models import OAuthClient
from afterglow_auth.settings import Settings
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_operator import sites
from afterglow_operator.errors import OperatorError
from afterglow_operator.people.transaction import carry_out
from afterglow_operator.printing import print_json

console = Console(highlight=False)
CODE_GRANTS = ["authorization_code", "refresh_token"]


@dataclass(frozen=True)
class Proof:
    """How the program proves itself: by keys from a file, by a secret that is made here, or not at all."""

    keys: Path | None = None
    by_secret: bool = False

    @property
    def method(self) -> str:
        if self.keys and self.by_secret:
            raise OperatorError("A program has keys or a secret, not both.")
        if self.keys:
            return "private_key_jwt"
        return "client_secret_basic" if self.by_secret else "none"

    def jwks(self) -> Any:  # noqa: ANN401  # whatever the file holds; NewClient looks at it
        if self.keys is None:
            return None
        try:
            found = json.loads(self.keys.read_text())
        except (OSError, ValueError) as problem:
            raise OperatorError(f"No keys can be read from {self.keys}: it takes a JWK set as JSON.") from problem
        return {"keys": [found]} if isinstance(found, dict) and "kty" in found else found


def add(var: Path, wanted: Mapping[str, Any], proof: Proof, *, as_json: bool) -> None:
    """Register one under an id that is not taken, and print its secret, once, where it has one."""
    site = sites.find(var)
    settings = site.settings("auth", Settings)
    secret = new_secret() if proof.by_secret else None
    new = checked(settings, wanted, proof, secret)

    async def act(session: AsyncSession) -> OAuthClient:
        if await session.get(OAuthClient, new.client_id):
            raise OperatorError(f"There is a program {new.client_id} already; it stays as it is.")
        refuse_unreachable(settings, new.backchannel_logout_uri)
        return await register(session, new)

    asyncio.run(carry_out(site, act))
    told = {"client_id": new.client_id, "token_endpoint_auth_method": new.token_endpoint_auth_method}
    if as_json:
        print_json(told | ({"client_secret": secret} if secret else {}))
        return
    console.print(f"Registered: {new.client_id}. Nobody is asked whether they allow it.", markup=False, soft_wrap=True)
    if secret:
        console.print(f"Its secret, shown this once: {secret}", markup=False, soft_wrap=True)


def checked(settings: Settings, wanted: Mapping[str, Any], proof: Proof, secret: str | None) -> NewClient:
    """The registration; OperatorError names what cannot be taken."""
    hashed = None
    if secret:
        hashed = hash_secret(Digests(settings.token_hashing_key.get_secret_value()), wanted["client_id"], secret)
    try:
        new = NewClient(
            kind="public" if proof.method == "none" else "confidential",
            token_endpoint_auth_method=proof.method,
            jwks=proof.jwks(),
            secret_hash=hashed,
            grants=CODE_GRANTS,
            **wanted,
        )
    except ValidationError as problem:
        raise OperatorError(in_words(problem)) from None
    refuse_posing(settings, new)
    return new


def refuse_posing(settings: Settings, new: NewClient) -> None:
    """Raise OperatorError where another program could be taken for this one, of which nobody is asked.

    A public one proves nothing. On a device any program may begin with its id and listen where it does (RFC 8252 §8.6).
    """
    if new.kind != "public":
        return
    if "accounts" in new.scopes:
        raise OperatorError("A public program does not administer: for accounts it takes keys or a secret.")
    on_device = any(not uri.startswith("https:") for uri in new.redirect_uris)
    if on_device and settings.environment != "development":
        raise OperatorError(
            "Nobody is asked about the house's own, and on a device any program could pose as a public one: "
            "give it keys or a secret and https addresses, or let an admin register it, so that people are asked."
        )


def in_words(problem: ValidationError) -> str:
    said = ((".".join(map(str, each["loc"])), each["msg"].removeprefix("Value error, ")) for each in problem.errors())
    return "; ".join(f"{field}: {message}" if field else message for field, message in said) + "."

"""Proofs of possession at our own endpoints (RFC 9449): made for a nonce of ours, and used once."""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from afterglow_foundation.dpop import AHEAD, FRESH_FOR, PROOF_HEADER, InvalidProofError, read_proof
from authlib.oauth2 import OAuth2Error
from starlette.requests import Request

from afterglow_auth.digests import Purpose
from afterglow_auth.oauth.once import SpentOnce
from afterglow_auth.provider import IdentityProvider

NONCE_SLOT = 120  # seconds; a nonce is taken in its own slot and the next


class ProofRefusedError(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """No proof where one is needed, or one that proves nothing."""

    error = "invalid_dpop_proof"

    def __init__(self, client_id: str, description: str) -> None:
        super().__init__(description)
        self.client_id = client_id


def reused_proof(client_id: str) -> ProofRefusedError:
    return ProofRefusedError(client_id, "The proof was used before.")


class NonceNeededError(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """The proof is good, and not made for a nonce of ours: the answer brings one (RFC 9449 §8)."""

    error = "use_dpop_nonce"


@dataclass(frozen=True, slots=True)
class HeldKey:
    """The key that a request proved, by thumbprint; that its proof is new is decided where it is taken."""

    jkt: str
    proof: SpentOnce


def held_key(provider: IdentityProvider, request: Request, client_id: str) -> HeldKey | None:
    """The key that a request to one of our endpoints proves, if it tries to. Raises Authlib's OAuth2 errors."""
    shown = request.headers.getlist(PROOF_HEADER)
    if not shown:
        return None
    try:
        proof = read_proof(shown, request.method, f"{provider.settings.base_url}{request.url.path}")
    except InvalidProofError as error:
        raise ProofRefusedError(client_id, str(error)) from error
    if proof.nonce not in nonces(provider):
        raise NonceNeededError("The proof needs the nonce of this answer.")
    until = datetime.now(UTC) + timedelta(seconds=FRESH_FOR + AHEAD + 1)
    return HeldKey(proof.jkt, SpentOnce(provider.digests.of(Purpose.proof, proof.jkt, proof.jti), until))


def nonces(provider: IdentityProvider) -> tuple[str, str]:
    """The nonce of this moment, and the one before. Every process makes the same, and none is kept."""
    slot = int(time.time()) // NONCE_SLOT
    now, before = (provider.digests.of(Purpose.proof_nonce, str(number)) for number in (slot, slot - 1))
    return spelled(now), spelled(before)


def spelled(nonce: bytes) -> str:
    return base64.urlsafe_b64encode(nonce).rstrip(b"=").decode()


def nonce_for(provider: IdentityProvider, request: Request) -> Mapping[str, str]:
    """What the answer to a request with a proof says of the next one (RFC 9449 §8.2)."""
    return {"DPoP-Nonce": nonces(provider)[0]} if PROOF_HEADER in request.headers else {}

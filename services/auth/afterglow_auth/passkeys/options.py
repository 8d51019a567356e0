"""What a page asks the browser for, as WebAuthn's JSON."""

import json
from collections.abc import Iterable
from typing import Any

from afterglow_auth.accounts.models import Person
from afterglow_auth.passkeys.challenges import LIFETIME
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.passkeys.responses import ALGORITHMS, RelyingParty, encode
from afterglow_auth.provider import IdentityProvider

MILLISECONDS = int(LIFETIME.total_seconds() * 1000)


def handle_of(person: Person) -> bytes:
    """What an authenticator keeps to say whose passkey it is: opaque, and no address."""
    return person.id.bytes


async def registration(provider: IdentityProvider, person: Person, challenge: bytes, known: Iterable[Passkey]) -> str:
    """A discoverable passkey with user verification; not one more on an authenticator that has one already.

    No attestation: whose make it is we need not know.
    """
    name = await provider.neutral_name()
    return written(
        {
            "rp": {"id": RelyingParty.of(provider.settings).id, "name": name},
            "user": {"id": encode(handle_of(person)), "name": person.email, "displayName": person.name},
            "challenge": encode(challenge),
            "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
            "timeout": MILLISECONDS,
            "excludeCredentials": [{"type": "public-key", "id": encode(one.credential_id)} for one in known],
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "required",
            },
            "attestation": "none",
        }
    )


def authentication(provider: IdentityProvider, challenge: bytes) -> str:
    """Any passkey of ours that the authenticator holds, with user verification."""
    return written(
        {
            "challenge": encode(challenge),
            "rpId": RelyingParty.of(provider.settings).id,
            "timeout": MILLISECONDS,
            "allowCredentials": [],
            "userVerification": "required",
        }
    )


def written(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))

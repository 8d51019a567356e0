"""What a browser answers, read and judged. The library verifies; we add what it leaves open, and say why not.

The library is imported where it is needed: most processes never see a passkey, and its parsers weigh megabytes.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from afterglow_auth.passkeys.refusals import PasskeyRefusedError, Reason
from afterglow_auth.settings import Settings

if TYPE_CHECKING:
    from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
    from webauthn.registration.verify_registration_response import VerifiedRegistration

LARGEST_RESPONSE = 32 * 1024
ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256: what WebAuthn L3 §5.4 asks relying parties to take
LONGEST_CREDENTIAL_ID = 1023  # WebAuthn L3 §4


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who we are to an authenticator: the host of the configured base URL, never one that a request names."""

    id: str
    origin: str

    @classmethod
    def of(cls, settings: Settings) -> "RelyingParty":
        parts = urlsplit(settings.base_url)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


@dataclass(frozen=True, slots=True)
class Response:
    """A response as far as it has been read: nothing of it is proven yet."""

    document: dict[str, Any]
    credential_id: bytes
    user_handle: bytes | None
    challenge: bytes
    origin: object
    cross_origin: bool

    @property
    def roaming(self) -> bool:
        """Whether it came from a key that is carried about, as far as the browser says."""
        return self.document.get("authenticatorAttachment") == "cross-platform"


def read(response: str) -> Response:
    """Raise PasskeyRefusedError for what is no response of a browser."""
    if len(response) > LARGEST_RESPONSE:
        raise PasskeyRefusedError(Reason.malformed)
    try:
        document = json.loads(response)
        client = json.loads(decode(document["response"]["clientDataJSON"]))
        return Response(
            document=document,
            credential_id=decode(document["rawId"]),
            user_handle=decode(handle) if (handle := document["response"].get("userHandle")) else None,
            challenge=decode(client["challenge"]),
            origin=client.get("origin"),
            cross_origin=bool(client.get("crossOrigin")),
        )
    except Exception as error:  # anybody may send anything here, and parsers fail in as many ways
        raise PasskeyRefusedError(Reason.malformed) from error


def check_place(response: Response, party: RelyingParty) -> None:
    """Only our own pages, and not inside another's, may have asked for it."""
    if response.origin != party.origin or response.cross_origin:
        raise PasskeyRefusedError(Reason.wrong_origin, challenge=response.challenge)


def verify_registration(response: Response, party: RelyingParty) -> "VerifiedRegistration":
    """A new passkey, if its authenticator verified the user. Raises PasskeyRefusedError."""
    from webauthn import verify_registration_response  # noqa: PLC0415  # see the top
    from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415  # see the top

    check_place(response, party)
    try:
        verified = verify_registration_response(
            credential=response.document,
            expected_challenge=response.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(map(COSEAlgorithmIdentifier, ALGORITHMS)),
        )
    except Exception as error:  # see `read`
        raise PasskeyRefusedError(why(response, party, error), challenge=response.challenge) from error
    if len(verified.credential_id) > LONGEST_CREDENTIAL_ID:
        raise PasskeyRefusedError(Reason.malformed, challenge=response.challenge)
    return verified


def verify_authentication(response: Response, party: RelyingParty, public_key: bytes) -> "VerifiedAuthentication":
    """What the owner of a passkey signed. Raises PasskeyRefusedError. The counter is the caller's to compare.

    The library would compare it before it looks at the signature: then anybody could make a passkey suspect.
    """
    from webauthn import verify_authentication_response  # noqa: PLC0415  # see the top

    check_place(response, party)
    try:
        return verify_authentication_response(
            credential=response.document,
            expected_challenge=response.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # see `read`
        raise PasskeyRefusedError(why(response, party, error), challenge=response.challenge) from error


def why(response: Response, party: RelyingParty, error: Exception) -> Reason:
    """The reason for the audit, looked up in what was refused."""
    from webauthn.helpers import parse_attestation_object, parse_authenticator_data  # noqa: PLC0415  # see the top

    try:
        inner = response.document["response"]
        if "attestationObject" in inner:
            data = parse_attestation_object(decode(inner["attestationObject"])).auth_data
        else:
            data = parse_authenticator_data(decode(inner["authenticatorData"]))
    except Exception:  # noqa: BLE001  # see `read`
        return Reason.malformed
    if data.rp_id_hash != hashlib.sha256(party.id.encode()).digest():
        return Reason.wrong_relying_party
    if not (data.flags.up and data.flags.uv):
        return Reason.not_verified
    return Reason.signature if "signature" in str(error) else Reason.malformed


def encode(value: bytes) -> str:
    """base64url without padding, as WebAuthn's JSON has it."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def decode(value: str) -> bytes:
    """Raise ValueError (or what comes of a value that is no string) for anything else."""
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)

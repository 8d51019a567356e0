"""ID tokens that come back to us as hints: ours, of type ID token, however old."""

from dataclasses import dataclass
from uuid import UUID

from afterglow_foundation.tokens import InvalidTokenError, read_header
from joserfc import jwt
from joserfc.errors import JoseError
from pydantic import BaseModel, ValidationError

from afterglow_auth.oauth.signing_keys import ALGORITHM
from afterglow_auth.oauth.tokens import ID_TOKEN
from afterglow_auth.provider import IdentityProvider

LARGEST_HINT = 4096


class HintClaims(BaseModel, strict=True):
    iss: str
    sub: str
    aud: str
    sid: str


@dataclass(frozen=True, slots=True)
class Hint:
    """Whom an ID token was about, in which session, and for which client."""

    person_id: UUID
    session_id: UUID
    client_id: str


async def read_hint(provider: IdentityProvider, token: str | None) -> Hint | None:
    """What an `id_token_hint` says, or None where it is missing or not an ID token of ours."""
    if not token or len(token) > LARGEST_HINT:
        return None
    try:
        header = read_header(token)
        if header.get("typ") != ID_TOKEN or header.get("alg") != ALGORITHM:
            return None
        keys = {key.kid: key for key in (await provider.keys.every_key()).keys}
        key = keys[str(header.get("kid"))]
        claims = HintClaims.model_validate(jwt.decode(token, key, algorithms=[ALGORITHM]).claims)
        hint = Hint(UUID(claims.sub), UUID(claims.sid), claims.aud)
    except (InvalidTokenError, JoseError, KeyError, ValidationError, ValueError):
        return None
    return hint if claims.iss == provider.settings.issuer else None

"""ID tokens that come back to us as hints: ours, of type ID token, however old."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from afterglow_foundation.tokens import InvalidTokenError, read_header
from authlib.oauth2.rfc6749.errors import InvalidRequestError
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


async def hint_in(provider: IdentityProvider, parameters: Mapping[str, str], client_id: str) -> Hint | None:
    """Whom an authorization request is about, if it says so (OpenID Connect Core §3.1.2.1).

    Raises InvalidRequestError for what is no ID token of this client's: it named somebody, and anybody would be wrong.
    """
    if "id_token_hint" not in parameters:
        return None
    hint = await read_hint(provider, parameters["id_token_hint"])
    if hint is None or hint.client_id != client_id:
        told_at = {"redirect_uri": parameters["redirect_uri"], "state": parameters.get("state")}
        raise InvalidRequestError("id_token_hint is no ID token that this client was given.", **told_at)
    return hint

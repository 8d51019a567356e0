"""What a client can find out about this provider (OpenID Connect Discovery, RFC 8414): only what is so."""

from typing import Any

from afterglow_design.languages import LANGUAGES
from afterglow_foundation.dpop import PROOF_ALGORITHMS
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from afterglow_auth.oauth.clients import TOKEN_EXCHANGE
from afterglow_auth.oauth.scopes import PEOPLE_SCOPES, SERVICE_SCOPES
from afterglow_auth.oauth.signing_keys import ALGORITHM
from afterglow_auth.sessions.proof import MFA_ACR, PASSWORD_ACR
from afterglow_auth.settings import Settings

METHODS = ["none", "private_key_jwt", "client_secret_basic"]
CLAIMS = [
    "acr", "amr", "aud", "auth_time", "email", "exp", "iat", "iss", "locale", "name", "nonce", "role", "sid", "sub",
    "zoneinfo",
]  # fmt: skip


def metadata(settings: Settings) -> dict[str, Any]:
    """The document of both well-known addresses; every URL is built from the configured base URL.

    Raises ValueError where Authlib finds it against RFC 8414. (OpenID Connect also wants RS256 among the algorithms;
    ours is ES256, and the document says what is so.)
    """
    issuer = settings.issuer
    document = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/sign-out",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "require_pushed_authorization_requests": False,
        "scopes_supported": [*PEOPLE_SCOPES, *SERVICE_SCOPES],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", TOKEN_EXCHANGE],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "revocation_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "dpop_signing_alg_values_supported": PROOF_ALGORITHMS,
        "introspection_endpoint": f"{issuer}/introspect",
        "introspection_endpoint_auth_methods_supported": [method for method in METHODS if method != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "introspection_signing_alg_values_supported": [ALGORITHM],
        "acr_values_supported": [PASSWORD_ACR, MFA_ACR],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "claims_supported": CLAIMS,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": list(LANGUAGES),
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
    checked = AuthorizationServerMetadata(document)
    checked.validate()
    return dict(checked)

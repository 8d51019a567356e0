"""What OpenID Connect adds to an authorization request (Core §3.1.2.1)."""

import re
from collections.abc import Mapping

from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oidc.core.errors import (
    RegistrationNotSupportedError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)

from afterglow_auth.oauth import claims
from afterglow_auth.sessions.proof import MFA_ACR, PASSWORD_ACR

INTERACTIVE = frozenset({"login", "consent", "select_account"})
LONGEST = {"acr_values": 512, "claims": 2048, "login_hint": 320, "nonce": 512, "state": 1024}
LONGEST_AGE_DIGITS = 9
THUMBPRINT = re.compile("[A-Za-z0-9_-]{43}")


def check_parameters(values: Mapping[str, str]) -> None:
    """Refuse what is not supported under its own name, and what is malformed. Raises Authlib's OAuth2 errors."""
    if "request" in values:
        raise RequestNotSupportedError
    if "request_uri" in values:
        raise RequestURINotSupportedError
    if "registration" in values:
        raise RegistrationNotSupportedError
    if values.get("response_mode", "query") != "query":
        raise InvalidRequestError("Only response_mode=query is supported.")
    if too_long := [name for name, most in LONGEST.items() if len(values.get(name, "")) > most]:
        raise InvalidRequestError(f"{too_long[0]} is too long.")
    if not THUMBPRINT.fullmatch(values.get("dpop_jkt", "A" * 43)):
        raise InvalidRequestError("dpop_jkt is not the SHA-256 thumbprint of a key.")
    check_prompt(prompts(values))
    claims.check(values)
    age = values.get("max_age", "0")
    if not (age.isascii() and age.isdigit() and len(age) <= LONGEST_AGE_DIGITS):
        raise InvalidRequestError("max_age must be a number of seconds.")


def check_prompt(asked: frozenset[str]) -> None:
    if not asked <= INTERACTIVE | {"none"}:
        raise InvalidRequestError("prompt has an unknown value.")
    if "none" in asked and len(asked) > 1:
        raise InvalidRequestError("prompt=none stands alone.")


def prompts(values: Mapping[str, str]) -> frozenset[str]:
    return frozenset(values.get("prompt", "").split())


def max_age(values: Mapping[str, str]) -> int | None:
    """Seconds that a sign-in may lie back, for values that `check_parameters` let through."""
    return int(values["max_age"]) if "max_age" in values else None


def wants_mfa(values: Mapping[str, str]) -> bool:
    """Whether only more than a password will do. Of several classes any will; one that we do not know asks nothing."""
    asked = [frozenset(values.get("acr_values", "").split()), *claims.asked_classes(values)]
    return any(MFA_ACR in classes and PASSWORD_ACR not in classes for classes in asked)

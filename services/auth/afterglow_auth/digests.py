"""Keyed digests, one purpose each: a value made for one purpose is worth nothing for another."""

import hashlib
import hmac
import secrets
from enum import StrEnum

SECRET_BYTES = 32


class Purpose(StrEnum):
    account_tries = "account tries"
    address_tries = "address tries"
    assertion = "assertion"
    body = "body"
    break_glass_tries = "break-glass tries"
    client_secret = "client secret"  # noqa: S105  # a purpose
    code = "code"
    factor_tries = "factor tries"
    form = "form"
    invitation = "invitation"
    link_tries = "link tries"
    notices = "notices"
    notices_asked = "notices asked"
    objection = "objection"
    passkey_browser = "passkey browser"
    passkey_challenge = "passkey challenge"
    passkey_mark = "passkey mark"
    passkey_tries = "passkey tries"
    proof = "proof of possession"
    proof_nonce = "proof nonce"
    push_subscription = "push subscription"
    push_topic = "push topic"
    pushed_by = "pushed by"
    recovery = "recovery"
    recovery_code = "recovery code"
    recovery_tries = "recovery tries"
    refresh_successor = "refresh successor"
    refresh_token = "refresh token"  # noqa: S105  # a purpose
    request_uri = "request uri"
    reset = "reset"
    session = "session"
    sign_in_stage = "sign-in stage"


class Digests:
    """HMAC-SHA256 under the token hashing key."""

    def __init__(self, key: str) -> None:
        self._keys = {
            purpose: hmac.digest(key.encode(), f"afterglow auth {purpose}".encode(), hashlib.sha256)
            for purpose in Purpose
        }

    def of(self, purpose: Purpose, *parts: str) -> bytes:
        """32 bytes. The parts are told apart by their lengths, so that `("ab", "c")` is not `("a", "bc")`."""
        message = b"".join(len(part.encode()).to_bytes(8) + part.encode() for part in parts)
        return hmac.digest(self._keys[purpose], message, hashlib.sha256)


def new_secret() -> str:
    """A 256-bit secret in 43 characters that are safe in URLs and cookies."""
    return secrets.token_urlsafe(SECRET_BYTES)

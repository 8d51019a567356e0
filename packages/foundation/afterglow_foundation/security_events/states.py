"""The `state` of a verification request: it proves by itself that this service sent it, and when.

A service may run as several processes, and the event reaches whichever of them polls next: so nothing is remembered.
"""

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode

from joserfc.jwk import ECKey

VALID_FOR = 3600  # seconds; a stream may have been paused in between


class States:
    """Makes and recognises states, under a key that is derived from the service's own."""

    def __init__(self, private_key: ECKey) -> None:
        secret = str(private_key.as_dict(private=True)["d"])
        self._key = hashlib.sha256(f"afterglow verification state {secret}".encode()).digest()

    def make(self) -> str:
        said = f"{int(time.time())}.{secrets.token_urlsafe(12)}"
        return f"{said}.{self._proof(said)}"

    def knows(self, state: str) -> bool:
        """Whether a process of this service made it, an hour ago at most."""
        said, _, proof = state.rpartition(".")
        if not hmac.compare_digest(proof.encode(), self._proof(said).encode()):
            return False
        return time.time() - int(said.partition(".")[0]) <= VALID_FOR

    def _proof(self, said: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, said.encode(), "sha256")).rstrip(b"=").decode()

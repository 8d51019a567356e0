"""Somebody who holds a key, and proves it with each request (RFC 9449), in tests."""

import base64
import json
import time
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from afterglow_foundation.dpop import PROOF_HEADER, PROOF_TYPE, hash_of_token
from afterglow_foundation.identifiers import new_id


class KeyHolder:
    """A program with a key of its own; any claim and header can be said otherwise (None leaves it out)."""

    def __init__(self, key: ECKey | OKPKey | None = None, algorithm: str = "ES256") -> None:
        self.key = key or ECKey.generate_key("P-256")
        self.algorithm = algorithm

    @property
    def jkt(self) -> str:
        return self.key.thumbprint()

    def claims(self, method: str, url: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  # any claim value
        good = {"jti": str(new_id()), "htm": method, "htu": url, "iat": int(time.time())}
        return {name: value for name, value in (good | changes).items() if value is not None}

    def proof(
        self,
        method: str,
        url: str,
        *,
        header: dict[str, Any] | None = None,
        key: ECKey | None = None,
        **changes: Any,  # noqa: ANN401  # any claim value
    ) -> str:
        return self.signed(header or {}, self.claims(method, url, **changes), key)

    def signed(self, header: dict[str, Any], payload: object, key: ECKey | None = None) -> str:
        """A genuine signature over header and payload, whatever they are."""
        brought = {"typ": PROOF_TYPE, "alg": self.algorithm, "jwk": self.key.as_dict(private=False)}
        heading = {name: value for name, value in (brought | header).items() if value is not None}
        first, second = segment(heading), segment(payload)
        signature = jws.JWSRegistry(algorithms=[self.algorithm]).get_alg(self.algorithm)
        signed = signature.sign(f"{first}.{second}".encode(), key or self.key)
        return f"{first}.{second}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"

    def headers(self, token: str, method: str, url: str, **changes: Any) -> dict[str, str]:  # noqa: ANN401  # any claim value
        """How a token that is bound to the key is sent."""
        proof = self.proof(method, url, **{"ath": hash_of_token(token), **changes})
        return {"authorization": f"DPoP {token}", PROOF_HEADER: proof}


def segment(value: object) -> str:
    written = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()

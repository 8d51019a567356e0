"""Who is sending, as a push service wants to know it (VAPID, RFC 8292): by a key that browsers subscribed with."""

import json
import time
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode

from afterglow_auth.settings import Settings

LIFETIME = 12 * 60 * 60  # seconds; at most 24 hours


@dataclass(frozen=True)
class Vapid:
    """`contact` is told to push services, for when something of ours goes wrong there."""

    key: ECKey
    contact: str

    @property
    def public_key(self) -> str:
        """An uncompressed point as base64url."""
        raw = self.key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return urlsafe_b64encode(raw).decode()

    def authorization(self, endpoint: str) -> str:
        """The header's value for one push service: worth nothing at another."""
        place = urlsplit(endpoint)
        claims = {
            "aud": f"{place.scheme}://{place.netloc}",
            "exp": int(time.time()) + LIFETIME,
            "sub": self.contact,
        }
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self.key, algorithms=["ES256"])
        return f"vapid t={token}, k={self.public_key}"


def vapid_of(settings: Settings) -> Vapid | None:
    """None where the installation has no key: then there is no push."""
    secret = settings.push_private_key
    return Vapid(imported(secret.get_secret_value()), settings.base_url) if secret else None


@cache
def imported(document: str) -> ECKey:
    return ECKey.import_key(json.loads(document))

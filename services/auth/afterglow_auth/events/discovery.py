"""What a receiver can find out about this transmitter (Shared Signals Framework 1.0 §7.1): only what is so."""

from typing import Any

from afterglow_auth.settings import Settings

POLL = "urn:ietf:rfc:8936"
OAUTH = "urn:ietf:rfc:6749"


def transmitter(settings: Settings) -> dict[str, Any]:
    """The transmitter's document.

    It names no endpoint for streams: a service's stream begins with its snapshot, is about everybody, and is polled
    where the gateway does not lead (decision 0013).
    """
    return {
        "spec_version": "1_0",
        "issuer": settings.issuer,
        "jwks_uri": f"{settings.issuer}/jwks",
        "delivery_methods_supported": [POLL],
        "default_subjects": "ALL",
        "authorization_schemes": [{"spec_urn": OAUTH}],
    }

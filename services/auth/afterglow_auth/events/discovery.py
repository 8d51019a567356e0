"""What a receiver can find out about this transmitter (Shared Signals Framework 1.0 §7.1): only what is so."""

from typing import Any

from afterglow_foundation.security_events.streams import POLL_METHOD, STATUS_PATH, STREAMS_PATH, VERIFICATION_PATH

from afterglow_auth.settings import Settings

OAUTH = "urn:ietf:rfc:6749"


def transmitter(settings: Settings) -> dict[str, Any]:
    """The transmitter's document.

    Streams are managed where they are polled, inside: the gateway leads to neither (decision 0013). They are about
    everybody, so there is no endpoint for subjects.
    """
    return {
        "spec_version": "1_0",
        "issuer": settings.issuer,
        "jwks_uri": f"{settings.issuer}/jwks",
        "delivery_methods_supported": [POLL_METHOD],
        "configuration_endpoint": f"{settings.base_url}{STREAMS_PATH}",
        "status_endpoint": f"{settings.base_url}{STATUS_PATH}",
        "verification_endpoint": f"{settings.base_url}{VERIFICATION_PATH}",
        "default_subjects": "ALL",
        "authorization_schemes": [{"spec_urn": OAUTH}],
    }

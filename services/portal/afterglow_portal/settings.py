"""Portal's settings: foundation's, and portal's own identity as an OAuth client."""

from afterglow_foundation.settings import ServiceSettings
from pydantic import SecretStr


class Settings(ServiceSettings):
    """`client_private_key` is a private EC P-256 JWK as JSON; its public half is registered with auth."""

    client_id: str = "portal"
    client_private_key: SecretStr

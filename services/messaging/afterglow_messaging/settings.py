"""Settings of messaging: what every service that is an OAuth client has."""

from afterglow_foundation.settings import ClientSettings


class Settings(ClientSettings):
    """`client_id` is what auth knows this service by."""

    client_id: str = "messaging"

"""Settings of portal: what every OAuth client among the services has."""

from afterglow_foundation.settings import ClientSettings


class Settings(ClientSettings):
    """See ClientSettings; nothing of its own yet."""

    client_id: str = "portal"

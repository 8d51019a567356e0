"""Settings of messaging: what every OAuth client among the services has."""

from afterglow_foundation.settings import ClientSettings


class Settings(ClientSettings):
    """See ServiceSettings; nothing of its own yet."""

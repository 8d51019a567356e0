"""What auth is told besides what every service is told."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from afterglow_design.practice import Practice
from afterglow_foundation.settings import ServiceSettings
from pydantic import SecretStr

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Settings(ServiceSettings):
    """`token_hashing_key` is a secret: codes are stored hashed under it and refresh successors derive from it.

    `trusted_proxies` are the networks whose X-Forwarded-For is believed: where the gateway stands, nothing else.
    """

    token_hashing_key: SecretStr
    mfa_required_for_staff: bool = True
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK
    practice: Practice = Practice()

    @property
    def events_audience(self) -> str:
        """The `aud` value of the internal routes that services read."""
        return f"{self.base_url}/internal/events"

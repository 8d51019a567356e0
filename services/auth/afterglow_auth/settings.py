"""What auth is told besides what every service is told."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from afterglow_design.practice import Practice
from afterglow_foundation.mail import MailSettings
from afterglow_foundation.notices.contract import NOTICES_PATH
from pydantic import Field, SecretStr

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Settings(MailSettings):
    """`token_hashing_key` is a secret: codes are stored hashed under it and refresh successors derive from it.

    `push_private_key` (P-256, a JWK in JSON) is what push services know us by; without one there is no web push.
    `trusted_proxies` are the networks whose X-Forwarded-For is believed: where the gateway stands, nothing else.
    `objection_time` is how long somebody can object before all their ways in are taken away.
    A practice with a `single_admin` says so; what takes a second person then waits `single_admin_wait` instead.
    """

    token_hashing_key: SecretStr
    push_private_key: SecretStr | None = None
    mfa_required_for_staff: bool = True
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK
    practice: Practice = Practice()
    invitation_lifetime: timedelta = Field(default=timedelta(days=7), ge=timedelta(hours=1), le=timedelta(days=30))
    reset_lifetime: timedelta = Field(default=timedelta(hours=24), ge=timedelta(minutes=15), le=timedelta(days=7))
    objection_time: timedelta = Field(default=timedelta(days=1), ge=timedelta(hours=1), le=timedelta(days=7))
    single_admin: bool = False
    single_admin_wait: timedelta = Field(default=timedelta(days=1), ge=timedelta(hours=1))

    @property
    def events_audience(self) -> str:
        """The `aud` value of the internal routes that services read."""
        return f"{self.base_url}/internal/events"

    @property
    def notices_audience(self) -> str:
        """The `aud` value of the route by which services hand notices over."""
        return f"{self.base_url}{NOTICES_PATH}"

    @property
    def live_audience(self) -> str:
        """The `aud` value of messaging's wake-ups, which other services follow."""
        return f"{self.base_url}/internal/live"

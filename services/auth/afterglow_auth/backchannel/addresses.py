"""Which addresses a program may name to be told at; what its host leads to is checked again whenever it is told."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from afterglow_foundation.errors import FieldError, InvalidInput
from afterglow_foundation.outgoing import is_allowed

from afterglow_auth.settings import Settings

FIELD = "backchannel_logout_uri"


def refuse_unreachable(settings: Settings, address: str | None) -> None:
    """Raise InvalidInput for one that would never be told, so that whoever registers it hears of it now."""
    if address is not None and not may_be_told(address, loopback=settings.environment == "development"):
        message = "An https address of a machine in public."
        raise InvalidInput(errors=[FieldError(field=FIELD, code="unfit", message=message)])


def may_be_told(address: str, *, loopback: bool) -> bool:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if (parts.scheme == "http" or host == "localhost") and not loopback:
        return False
    try:
        return is_allowed(ip_address(host), loopback=loopback)
    except ValueError:
        return True  # a name: nobody knows yet what it will lead to

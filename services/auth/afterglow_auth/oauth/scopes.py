"""Scopes, and which API each is for."""

from afterglow_auth.settings import Settings

APIS = ("portal", "messaging", "accounts")
PEOPLE_SCOPES = ("openid", "profile", "email", "offline_access", *APIS)
SERVICE_SCOPES = ("security_events",)


def audiences(settings: Settings, scope: str) -> list[str]:
    """The `aud` of an access token: the APIs whose scopes it carries; with `openid` the issuer, for userinfo."""
    granted = scope.split()
    found = [settings.audience(api) for api in APIS if api in granted]
    if "security_events" in granted:
        found.append(settings.events_audience)
    if "openid" in granted or not found:
        found.append(settings.issuer)
    return found


def is_within(asked: str, granted: str) -> bool:
    """True where every scope asked for was granted, each compared whole."""
    return set(asked.split()) <= set(granted.split())

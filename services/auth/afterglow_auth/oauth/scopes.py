"""Scopes, and which API each is for."""

from afterglow_auth.settings import Settings

APIS = ("portal", "messaging", "accounts")
IDENTITY_SCOPES = ("openid", "profile", "email", "offline_access")  # who somebody is, and nothing of theirs
PROGRAM_SCOPES = (*IDENTITY_SCOPES, "portal", "messaging")  # of an admin's programs; people are asked about each
PEOPLE_SCOPES = (*IDENTITY_SCOPES, *APIS)
SERVICE_SCOPES = ("security_events", "live", "notices")


def audiences(settings: Settings, scope: str) -> list[str]:
    """The `aud` of an access token: the APIs whose scopes it carries; with `openid` the issuer, for userinfo."""
    granted = scope.split()
    found = [settings.audience(api) for api in APIS if api in granted]
    if "security_events" in granted:
        found.append(settings.events_audience)
    if "live" in granted:
        found.append(settings.live_audience)
    if "notices" in granted:
        found.append(settings.notices_audience)
    if "openid" in granted or not found:
        found.append(settings.issuer)
    return found


def is_within(asked: str, granted: str) -> bool:
    """True where every scope asked for was granted, each compared whole."""
    return set(asked.split()) <= set(granted.split())

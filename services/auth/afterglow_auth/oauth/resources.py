"""Resource indicators (RFC 8707): at which APIs a token is to be of use. It loses the scopes of those not named."""

from collections.abc import Collection, Mapping, Sequence

from authlib.oauth2 import OAuth2Error

from afterglow_auth.oauth.scopes import APIS, IDENTITY_SCOPES
from afterglow_auth.settings import Settings

KNOWN: dict[str, Mapping[str, str]] = {}  # by base URL: each refresh asks twice, and it is nine addresses


class InvalidTargetError(OAuth2Error):  # type: ignore[misc]  # Authlib ships no types
    """A resource that is none of ours, or that this client was not given a scope for."""

    error = "invalid_target"
    description = "A resource is unknown or beyond the scope that was allowed."


def named(values: Mapping[str, str]) -> list[str]:
    """The resources of a request; `forms.py` makes one value of several, since no URI has a space in it."""
    return list(dict.fromkeys(values.get("resource", "").split()))


def openings(settings: Settings) -> Mapping[str, str]:
    """Every resource there is, with the scope that opens it; the issuer is one, for userinfo."""
    if settings.base_url not in KNOWN:
        KNOWN[settings.base_url] = {settings.audience(api): api for api in APIS} | {
            settings.issuer: "openid",
            settings.events_audience: "security_events",
            settings.live_audience: "live",
            settings.notices_audience: "notices",
        }
    return KNOWN[settings.base_url]


def opened_by(settings: Settings, scope: str) -> list[str]:
    """The resources that a token of `scope` could be for."""
    granted = scope.split()
    return [resource for resource, needed in openings(settings).items() if needed in granted]


def scopes_for(settings: Settings, resources: Collection[str]) -> set[str]:
    """The scopes that open `resources`. Raises InvalidTargetError for an unknown one."""
    known = openings(settings)
    if any(resource not in known for resource in resources):
        raise InvalidTargetError
    return {known[resource] for resource in resources}


def within(asked: Sequence[str], allowed: Sequence[str]) -> Sequence[str]:
    """What is asked for now of what was allowed before, all of it where nothing is; no limit where nothing was."""
    if allowed and not set(asked) <= set(allowed):
        raise InvalidTargetError
    return asked or allowed


def narrowed(settings: Settings, scope: str, resources: Collection[str]) -> str:
    """The part of `scope` that is for `resources`, all of it where none is named.

    Raises InvalidTargetError for a resource that is unknown or that `scope` does not open.
    """
    if not resources:
        return scope
    needed, granted = scopes_for(settings, resources), scope.split()
    if not needed <= set(granted):
        raise InvalidTargetError
    kept = needed | (set(IDENTITY_SCOPES) if settings.issuer in resources else set())
    return " ".join(one for one in granted if one in kept)

"""The `claims` parameter (OpenID Connect Core §5.5): claims asked for by name, in userinfo or in the ID token.

A claim is asked for as the scope is that covers it: whoever has to allow the scope has to allow the claim, and a client
that is not registered for the one does not get the other. Kept is the name alone, so nothing else comes with it. What
auth does not know is ignored.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from afterglow_foundation.tokens import Unambiguous
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from pydantic import BaseModel

from afterglow_auth.sessions.proof import MFA_ACR, PASSWORD_ACR

Place = Literal["userinfo", "id_token"]
PLACES: tuple[Place, ...] = ("userinfo", "id_token")
COVERED = {"email": "email", "locale": "profile", "name": "profile", "zoneinfo": "profile"}
"""The scope that covers each claim which is not in every answer anyway."""


class UnmetError(OAuth2Error):  # type: ignore[misc]  # Authlib ships no types
    """An essential `acr` that nobody's sign-in has here (OpenID Connect Unmet Authentication Requirements 1.0)."""

    error = "unmet_authentication_requirements"
    description = "No sign-in here is of a class that the request insists on."


class Claim(BaseModel, strict=True):
    """How one claim is asked for."""

    essential: bool = False
    value: Any = None
    values: list[Any] | None = None

    @property
    def texts(self) -> frozenset[str]:
        """The values that it may have; none where any will do. Raises ValueError for one that is no text."""
        chosen = [*([] if self.value is None else [self.value]), *(self.values or [])]
        if not all(isinstance(one, str) for one in chosen):
            raise ValueError("not text")
        return frozenset(chosen)


class ClaimsRequest(BaseModel, strict=True):
    """By place and name; None where a claim is asked for and nothing said of it."""

    userinfo: dict[str, Claim | None] = {}
    id_token: dict[str, Claim | None] = {}

    def asked(self, name: str) -> Iterator[Claim]:
        """What is said of a claim, wherever."""
        found = (getattr(self, place).get(name) for place in PLACES)
        return (claim for claim in found if claim)


NOTHING_ASKED = ClaimsRequest()


def read(values: Mapping[str, str]) -> ClaimsRequest:
    """Raises InvalidRequestError for a `claims` that is not what it should be."""
    if "claims" not in values:
        return NOTHING_ASKED
    try:
        found = ClaimsRequest.model_validate(json.loads(values["claims"], cls=Unambiguous))
        for name in ("acr", "sub"):
            _ = [claim.texts for claim in found.asked(name)]
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("claims is not a request for claims in JSON.") from error
    return found


def check(values: Mapping[str, str]) -> None:
    """Raises Authlib's OAuth2 errors for a request that nobody could meet."""
    if any(not classes & {MFA_ACR, PASSWORD_ACR} for classes in essential_classes(values)):
        raise UnmetError


def essential_classes(values: Mapping[str, str]) -> list[frozenset[str]]:
    """Sets of classes, of each of which the sign-in must have one (§5.5.1.1)."""
    return [claim.texts for claim in read(values).asked("acr") if claim.essential and claim.texts]


def asked_classes(values: Mapping[str, str]) -> list[frozenset[str]]:
    """The same, and those that would be liked."""
    return [claim.texts for claim in read(values).asked("acr")]


def is_meant(values: Mapping[str, str], subject: str) -> bool:
    """Whether this person is whom the request asks for, if it asks for somebody."""
    return all(subject in claim.texts for claim in read(values).asked("sub") if claim.texts)


def covering(values: Mapping[str, str]) -> set[str]:
    """The scopes that the claims asked for are covered by."""
    if "openid" not in values.get("scope", "").split():
        return set()
    found = read(values)
    return {COVERED[name] for place in PLACES for name in getattr(found, place) if name in COVERED}


def kept(values: Mapping[str, str], scopes: Collection[str]) -> dict[str, list[str]]:
    """What an authorization remembers: for each place the names that a client which is registered for `scopes` gets."""
    if not covering(values):
        return {}
    found = read(values)
    return {place: told({place: sorted(getattr(found, place))}, place, scopes) for place in PLACES}


def told(kept: Mapping[str, Collection[str]], place: Place, scopes: Collection[str]) -> list[str]:
    """The names that are answered there to a client that is registered for `scopes` by now."""
    return [name for name in kept.get(place, ()) if COVERED.get(name) in scopes]

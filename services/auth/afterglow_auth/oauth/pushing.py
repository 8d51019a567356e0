"""Handing an authorization request in (RFC 9126 §2): every check is made before a browser comes with it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from afterglow_foundation.database import RowContext
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from afterglow_auth.forms import LARGEST_QUERY
from afterglow_auth.oauth.authorize import as_request, check
from afterglow_auth.oauth.client_authentication import AuthenticatedClient, spend
from afterglow_auth.oauth.hints import hint_in
from afterglow_auth.oauth.pushed import LIFETIME, keep
from afterglow_auth.oauth.server import Server
from afterglow_auth.provider import IdentityProvider

LARGEST = 16 * 1024
OF_THE_CLIENT = {"client_assertion", "client_assertion_type", "client_secret"}


async def push(
    provider: IdentityProvider, caller: AuthenticatedClient, form: Mapping[str, str], network: str
) -> dict[str, Any]:
    """Keep the form's request for its client, come from `network`. Returns the answer; raises OAuth2 errors."""
    if "request_uri" in form:
        raise InvalidRequestError("A pushed request brings its parameters, and no request_uri.")
    if caller.jkt not in {None, form.get("dpop_jkt", caller.jkt)}:
        raise InvalidRequestError("dpop_jkt and the proof name different keys.")
    asked = {name: value for name, value in form.items() if name not in OF_THE_CLIENT}
    parameters = asked | {"client_id": caller.client.client_id} | ({"dpop_jkt": caller.jkt} if caller.jkt else {})
    if len(urlencode(parameters)) > (LARGEST_QUERY if caller.client.is_public else LARGEST):
        raise InvalidRequestError("The request is too large.", status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    check(Server(provider, caller.client), as_request(provider, parameters))
    await hint_in(provider, parameters, caller.client.client_id)
    async with provider.database.unit_of_work(RowContext()) as session:
        await spend(session, caller)
        reference = await keep(session, provider, caller.client, parameters, network)
    return {"request_uri": reference, "expires_in": int(LIFETIME.total_seconds())}

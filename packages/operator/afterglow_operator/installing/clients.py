"""The system's own OAuth clients: web, for the people at its pages, and the services (web too), for themselves."""

from collections.abc import Mapping
from typing import Any

from afterglow_auth.oauth.clients import TOKEN_EXCHANGE, NewClient

API_SCOPES = ["openid", "profile", "email", "offline_access", "portal", "messaging", "accounts"]
CODE_GRANTS = ["authorization_code", "refresh_token"]


def own_clients(base_url: str, keys: Mapping[str, Mapping[str, Any]]) -> list[NewClient]:
    """What auth registers of the system itself; `keys` are private JWKs by client, of which the public part goes in."""
    return [
        web(base_url, keys["web"]),
        service("web-events", keys["web"], "security_events", "live"),
        exchanging(service("portal", keys["portal"], "security_events", "notices"), "messaging", "accounts"),
        service("messaging", keys["messaging"], "security_events", "notices"),
    ]


def web(base_url: str, key: Mapping[str, Any]) -> NewClient:
    return NewClient(
        client_id="web",
        name="Afterglow",
        kind="confidential",
        token_endpoint_auth_method="private_key_jwt",  # noqa: S106  # a method's name
        redirect_uris=[f"{base_url}/callback"],
        post_logout_redirect_uris=[f"{base_url}/"],
        jwks=public_keys(key),
        scopes=API_SCOPES,
        grants=CODE_GRANTS,
    )


def service(name: str, key: Mapping[str, Any], *scopes: str) -> NewClient:
    return NewClient(
        client_id=name,
        name=name,
        kind="service",
        token_endpoint_auth_method="private_key_jwt",  # noqa: S106  # a method's name
        jwks=public_keys(key),
        scopes=list(scopes),
        grants=["client_credentials"],
    )


def exchanging(client: NewClient, *apis: str) -> NewClient:
    """The same service, which may go on to these APIs for a person who called it: what a whole export will need."""
    grants = [*client.grants, TOKEN_EXCHANGE]
    return NewClient.model_validate(client.model_dump() | {"grants": grants, "exchange_scopes": list(apis)})


def public_keys(key: Mapping[str, Any]) -> dict[str, Any]:
    """A key set of one key, without its private part."""
    return {"keys": [{name: value for name, value in key.items() if name != "d"}]}

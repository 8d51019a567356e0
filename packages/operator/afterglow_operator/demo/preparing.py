"""Steps that need the services' code: run in a process of their own, so that the supervisor never imports it."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import asyncpg
from afterglow_auth.oauth.clients import NewClient
from afterglow_foundation.migrations import upgrade
from afterglow_foundation.revisions import newest
from afterglow_messaging.settings import Settings as MessagingSettings
from afterglow_portal.settings import Settings as PortalSettings

from afterglow_operator.demo.installation import SERVICES
from afterglow_operator.demo.plan import Plan
from afterglow_operator.demo.secret_files import client_keys, database_passwords, write
from afterglow_operator.demonstration.load import accounts, load_after_start, register_before_start
from afterglow_operator.provision import provision

REDIRECT_URI = "http://127.0.0.1:8765/callback"
API_SCOPES = ["openid", "profile", "email", "offline_access", "portal", "messaging", "accounts"]
CODE_GRANTS = ["authorization_code", "refresh_token"]


def prepare(plan: Plan, admin_url: str) -> None:
    """Databases, roles, migrations, OAuth clients, people and care: all that must be there before a service starts."""
    passwords = database_passwords(plan.installation)
    asyncio.run(provision(admin_url, passwords))
    for service in SERVICES:
        owner = f"{service}_owner"
        migrate(service, plan.database_url(service, owner, passwords[owner]))
    worker_url = plan.database_url("auth", "auth_worker", passwords["auth_worker"])
    asyncio.run(register_before_start(worker_url, oauth_clients(plan)))


def migrate(service: str, owner_url: str) -> None:
    """Migrate unless the database stands at the newest revision; looking is much cheaper than Alembic's own way."""
    package = f"afterglow_{service}"
    if asyncio.run(revision_of(owner_url)) != newest(package):
        upgrade(package, owner_url)


async def revision_of(url: str) -> str | None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return revision


def oauth_clients(plan: Plan) -> list[NewClient]:
    """The clients of the demonstration; public keys only."""
    keys = client_keys(plan.installation)
    keyed = {name: {"keys": [public(key)]} for name, key in keys.items()}
    confidential = partial(NewClient, kind="confidential", token_endpoint_auth_method="private_key_jwt")  # noqa: S106  # a method's name
    web = confidential(
        client_id="web",
        name="Afterglow",
        redirect_uris=[f"{plan.base_url}/callback"],
        post_logout_redirect_uris=[f"{plan.base_url}/"],
        jwks=keyed["web"],
        scopes=API_SCOPES,
        grants=CODE_GRANTS,
    )
    trying = {"redirect_uris": [REDIRECT_URI], "scopes": API_SCOPES, "grants": CODE_GRANTS}
    return [
        web,
        confidential(client_id="demo-confidential", name="Demonstration", jwks=keyed["demo-confidential"], **trying),
        NewClient(
            client_id="demo-public",
            name="Demonstration (public)",
            kind="public",
            token_endpoint_auth_method="none",  # noqa: S106  # a method's name
            **trying,
        ),
        *(
            confidential(
                client_id=name,
                name=name,
                jwks=keyed[name],
                kind="service",
                redirect_uris=[],
                scopes=["security_events"],
                grants=["client_credentials"],
            )
            for name in ("portal", "messaging")
        ),
    ]


def public(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != "d"}


def load(plan: Plan) -> None:
    """Fill portal and messaging, through auth's snapshot and the services' own functions."""
    passwords = database_passwords(plan.installation)
    portal, messaging = settings_of(plan, "portal", PortalSettings), settings_of(plan, "messaging", MessagingSettings)
    workers = {
        name: plan.database_url(name, f"{name}_worker", passwords[f"{name}_worker"]) for name in ("portal", "messaging")
    }
    asyncio.run(load_after_start(portal, workers["portal"], messaging, workers["messaging"]))
    write_demo_file(plan)


def settings_of(plan: Plan, service: str, settings: Callable[..., Any]) -> Any:  # noqa: ANN401  # one class per service
    prefix = "AFTERGLOW_"
    values = {name.removeprefix(prefix).lower(): value for name, value in plan.service_environment(service).items()}
    return settings(_secrets_dir=str(plan.installation.secrets(service)), **values)


def write_demo_file(plan: Plan) -> None:
    """Write `var/demo.json` as DESIGN.md §4 promises it."""
    private = client_keys(plan.installation)["demo-confidential"]
    document = {
        "base_url": plan.base_url,
        "accounts": accounts(),
        "clients": [
            {
                "client_id": "demo-public",
                "redirect_uris": [REDIRECT_URI],
                "token_endpoint_auth_method": "none",
            },
            {
                "client_id": "demo-confidential",
                "private_jwk": private,
                "redirect_uris": [REDIRECT_URI],
                "token_endpoint_auth_method": "private_key_jwt",
            },
        ],
    }
    write(plan.installation.demo_file, json.dumps(document, indent=2))

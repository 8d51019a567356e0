"""Steps that need the services' code: run in a process of their own, so that the supervisor never imports it."""

import asyncio
import json
from datetime import datetime
from functools import partial

from afterglow_auth.oauth.clients import NewClient
from afterglow_design.practice import Practice
from afterglow_messaging.settings import Settings as MessagingSettings
from afterglow_portal.settings import Settings as PortalSettings

from afterglow_operator.demo.plan import KEYED_CLIENTS, PRACTICE, Plan
from afterglow_operator.demonstration import load
from afterglow_operator.demonstration.load import accounts, register_before_start, want_care_teams
from afterglow_operator.installing.clients import API_SCOPES, CODE_GRANTS, own_clients, public_keys
from afterglow_operator.installing.databases import migrate
from afterglow_operator.installing.secret_files import client_keys, database_passwords, write

__all__ = ["load_messaging", "load_portal", "migrate", "register", "write_demo_file"]

REDIRECT_URI = "http://127.0.0.1:8765/callback"


def register(plan: Plan) -> None:
    """OAuth clients, people and care: all that must be there, in databases that are migrated, before auth starts."""
    passwords = database_passwords(plan.installation)
    worker_url = plan.database_url("auth", "auth_worker", passwords["auth_worker"])
    asyncio.run(register_before_start(worker_url, oauth_clients(plan)))
    app_url = plan.database_url("auth", "auth_app", passwords["auth_app"])
    asyncio.run(want_care_teams(app_url, Practice.model_validate_json(PRACTICE)))


def oauth_clients(plan: Plan) -> list[NewClient]:
    """The system's own clients, and two for trying the APIs; public keys only."""
    keys = client_keys(plan.installation, KEYED_CLIENTS)
    trying = partial(NewClient, redirect_uris=[REDIRECT_URI], scopes=API_SCOPES, grants=CODE_GRANTS)
    return [
        *own_clients(plan.base_url, keys),
        trying(
            client_id="demo-confidential",
            name="Demonstration",
            kind="confidential",
            token_endpoint_auth_method="private_key_jwt",  # noqa: S106  # a method's name
            jwks=public_keys(keys["demo-confidential"]),
        ),
        trying(
            client_id="demo-public",
            name="Demonstration (public)",
            kind="public",
            token_endpoint_auth_method="none",  # noqa: S106  # a method's name
        ),
    ]


def load_portal(plan: Plan, now: datetime) -> None:
    """Fill portal through its own functions, once it knows who is who."""
    asyncio.run(load.load_portal(plan.settings("portal", PortalSettings), now))


def load_messaging(plan: Plan, now: datetime) -> None:
    """The same of messaging."""
    asyncio.run(load.load_messaging(plan.settings("messaging", MessagingSettings), now))


def write_demo_file(plan: Plan) -> None:
    """Write `var/demo.json` as DESIGN.md §4 promises it."""
    private = client_keys(plan.installation, KEYED_CLIENTS)["demo-confidential"]
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

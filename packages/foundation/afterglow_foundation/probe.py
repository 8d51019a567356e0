"""A container's health check: exits with 0 when its own service says that it is ready. Imports next to nothing."""

import http.client
import sys

PORT = 8000  # serving's; imported from there it would take uvicorn along, every few seconds
PATIENCE = 3


def is_ready(port: int = PORT) -> bool:
    """Whether `/readyz` on the loopback interface answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_ready())

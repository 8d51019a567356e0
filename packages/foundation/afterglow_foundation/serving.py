"""How every service is served, by the demonstration and in a container: one process, quiet, believing no proxy."""

import os

import uvicorn

PORT = 8000


def serve(service: str, *, host: str, port: int) -> None:
    """Run the app of `afterglow_<service>` until a signal ends it."""
    uvicorn.run(
        f"afterglow_{service}.main:create",
        factory=True,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    # A container: its image says which service it holds, and only its networks reach it.
    serve(os.environ["AFTERGLOW_SERVICE"], host="0.0.0.0", port=PORT)  # noqa: S104  # no port of it is published

"""JSON logs with request ids and no content, and metrics; both by route, never by the path a person typed."""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afterglow_foundation import errors

logger = structlog.get_logger()
REQUEST_ID = re.compile(r"^[0-9A-Za-z-]{8,64}$")
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
QUIET_PATHS = {"/livez", "/readyz", "/metrics"}


def current_request_id() -> str | None:
    """The id of the request being served, for logs, audit events and calls to other services."""
    return _request_id.get()


def configure_logging(level: str, service: str) -> None:
    """Log JSON lines to standard output, the standard library's loggers included."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error"):  # its own handlers write plain text
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in ("httpx", "uvicorn.access"):  # they would log every address called, with its ids and query
        logging.getLogger(name).setLevel(logging.WARNING)


class JsonLines(logging.Formatter):
    """The standard library's loggers as JSON lines; of an exception the type and the frames, never its text."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info and (error := record.exc_info[1]):
            line |= {"error_type": type(error).__name__, "frames": frames_of(error)}
        return json.dumps(line)


class Metrics:
    """Counts and times of requests of one app; `before_reading` refreshes what else stands in its registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("http_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram("http_request_seconds", "Time to answer", ("route",), registry=self.registry)
        self.before_reading: list[Callable[[], Awaitable[None]]] = []

    async def read(self) -> bytes:
        """Everything as Prometheus reads it. What cannot be asked just now keeps its last value."""
        for refresh in self.before_reading:
            try:
                await refresh()
            except (SQLAlchemyError, OSError) as error:
                logger.warning("a measure was not refreshed", error_type=type(error).__name__)
        return generate_latest(self.registry)


class RequestTelemetry:
    """Pure ASGI middleware: a request id for each request, one log line and its metrics."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = inbound_request_id(scope) or str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        marker = _request_id.set(request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:  # the last line: whatever it is, it becomes an answer, not a log of content
            logger.error("unexpected error", error_type=type(error).__name__, frames=frames_of(error))  # noqa: TRY400  # no text
            if status:
                raise  # the answer has begun: breaking the connection is the only honest end
            await errors.respond(Request(scope), errors.Problem())(scope, receive, send_with_id)
        finally:
            self._keep(scope, status, time.perf_counter() - started, request_id)
            _request_id.reset(marker)

    def _keep(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = route_template(scope)
        self.metrics.requests.labels(scope["method"], route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if scope["path"] not in QUIET_PATHS:
            logger.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                request_id=request_id,
            )


def frames_of(error: BaseException) -> list[str]:
    """Where an error was raised, innermost last. Neither its text nor local variables: both hold what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def inbound_request_id(scope: Scope) -> str | None:
    """The gateway's id (it strips what came from outside), if it looks like one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if REQUEST_ID.match(text) else None
    return None


def route_template(scope: Scope) -> str:
    """The route's own pattern, for example `/check-ins/{id}`; ids never become labels."""
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return str(getattr(route, "path_format", None) or "unmatched")

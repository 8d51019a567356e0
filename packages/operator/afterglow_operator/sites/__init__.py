"""How the operator's commands reach a running installation: the demonstration in `var`, or one in containers."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol


class Site(Protocol):
    """An installation. URLs of databases are SQLAlchemy's."""

    @property
    def base_url(self) -> str:
        """The public address."""

    @property
    def authority(self) -> Path | None:
        """The certificate that signed the gateway's, where it is not a public one."""

    @property
    def sees_gateway(self) -> bool:
        """Whether the public address must work from here too; a container may stand where it does not."""

    def service_url(self, service: str) -> str:
        """Where a service answers, behind the gateway."""

    def database_url(self, service: str, kind: str) -> str:
        """A service's database as its `owner`, `app`, `worker` or `auditor` role."""

    def settings(self, service: str, settings: Callable[..., Any]) -> Any:  # noqa: ANN401  # one class per service
        """What the service itself is told, as its own class of settings."""


def find(var: Path) -> Site:
    """The site that this environment is about. OperatorError where it is the demonstration and none runs.

    In production (`AFTERGLOW_ENVIRONMENT`) the environment and the secrets' volumes say everything; `var` is not
    looked at.
    """
    if os.environ.get("AFTERGLOW_ENVIRONMENT") == "production":
        from afterglow_operator.sites.containers import Containers  # noqa: PLC0415  # the other one is not installed

        return Containers()
    from afterglow_operator.sites.demonstration import Demonstration  # noqa: PLC0415  # as above

    return Demonstration.find(var)

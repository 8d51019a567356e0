"""An installation with production settings, told by the environment and by the secrets' volumes."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from afterglow_operator.errors import OperatorError
from afterglow_operator.installing.secret_files import database_passwords
from afterglow_operator.installing.volumes import Volumes

PORT = 8000


@dataclass(frozen=True)
class Containers:
    """`AFTERGLOW_<SERVICE>_<KIND>_URL` (for example `AFTERGLOW_AUTH_OWNER_URL`) goes before what the volumes say."""

    volumes: Volumes = field(default_factory=Volumes)
    authority: Path | None = None
    sees_gateway: bool = False

    @property
    def base_url(self) -> str:
        return os.environ.get("AFTERGLOW_BASE_URL", "")

    def service_url(self, service: str) -> str:
        return os.environ.get(f"AFTERGLOW_{service.upper()}_URL") or f"http://{service}:{PORT}"

    def database_url(self, service: str, kind: str) -> str:
        name = f"AFTERGLOW_{service.upper()}_{kind.upper()}_URL"
        if given := os.environ.get(name):
            return given
        role = f"{service}_{kind}"
        if role not in self.passwords:
            raise OperatorError(f"No database is known of {role}: set {name}, or mount the operator's secrets.")
        return self.volumes.database_url(service, role, self.passwords[role])

    @cached_property
    def passwords(self) -> dict[str, str]:
        """By role; none where the operator's volume is not mounted. They are read here, never made."""
        if not (self.volumes.secrets("operator") / "database_passwords").exists():
            return {}
        return database_passwords(self.volumes)

    def settings(self, service: str, settings: Callable[..., Any]) -> Any:  # noqa: ANN401  # one class per service
        """Raises OperatorError that names what is missing or cannot be taken, never its value."""
        try:
            return settings(_secrets_dir=str(self.volumes.secrets(service)))
        except ValidationError as problem:
            wrong = ", ".join(sorted({str(each["loc"][0]) for each in problem.errors() if each["loc"]}))
            said = wrong or "; ".join(each["msg"].removeprefix("Value error, ") for each in problem.errors())
            raise OperatorError(f"The settings of {service} cannot be used: {said}.") from None

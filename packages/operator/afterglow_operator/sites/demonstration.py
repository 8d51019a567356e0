"""The demonstration that runs in a `var` folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from afterglow_operator.demo import running
from afterglow_operator.demo.installation import Installation
from afterglow_operator.demo.plan import Plan
from afterglow_operator.errors import OperatorError
from afterglow_operator.installing.secret_files import database_passwords


@dataclass(frozen=True)
class Demonstration:
    plan: Plan
    sees_gateway: bool = True

    @classmethod
    def find(cls, var: Path) -> "Demonstration":
        """Raises OperatorError where none runs."""
        installation = Installation(var.resolve())
        found = running.read(installation)
        if found is None or not running.is_held(installation):
            raise OperatorError("No demonstration is running here; `afterglow demo` starts one.")
        address = urlsplit(found["base_url"])
        return cls(Plan(installation, address.port or 0, address.scheme == "https", found["ports"]))

    @property
    def base_url(self) -> str:
        return self.plan.base_url

    @property
    def authority(self) -> Path | None:
        return self.plan.installation.authority if self.plan.https else None

    def service_url(self, service: str) -> str:
        return self.plan.internal_url(service)

    def database_url(self, service: str, kind: str) -> str:
        role = f"{service}_{kind}"
        return self.plan.database_url(service, role, database_passwords(self.plan.installation)[role])

    def settings(self, service: str, settings: Callable[..., Any]) -> Any:  # noqa: ANN401  # one class per service
        return self.plan.settings(service, settings)

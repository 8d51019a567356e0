"""What one start of the demonstration consists of: ports, addresses, and each program's environment."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from afterglow_operator.demo.installation import SERVICES, Installation
from afterglow_operator.installing.secret_files import DATABASE_PREFIX, OWN_CLIENTS
from afterglow_operator.ports import LOOPBACK, free_ports

DEPLOY = Path(__file__).parents[4] / "deploy"
CADDYFILE = DEPLOY / "Caddyfile"
# A number that is reserved for stories, so nobody real is called.
PRACTICE = json.dumps(
    {
        "telephone": "(202) 555-0142",
        "hours": "The practice is open Monday to Friday, 9:00 to 17:00. "
        "Messages and entries are read in those hours, not around the clock.",
        "office_hours": {
            "time_zone": "America/New_York",
            "week": {
                day: [{"opens": "09:00", "closes": "17:00"}]
                for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
            },
        },
        "words": {
            "es": {
                "hours": "El consultorio abre de lunes a viernes, de 9:00 a 17:00. "
                "Los mensajes y las entradas se leen en ese horario, no las 24 horas."
            }
        },
    }
)
KEYED_CLIENTS = (*OWN_CLIENTS, "demo-confidential")
BEHIND_THE_GATEWAY = (*SERVICES, "postgres", "mail")


@dataclass(frozen=True)
class Plan:
    """Addresses of one start. Only the gateway's port is the person's choice; the others are free ones."""

    installation: Installation
    port: int
    https: bool = False
    ports: dict[str, int] = field(
        default_factory=lambda: dict(zip(BEHIND_THE_GATEWAY, free_ports(len(BEHIND_THE_GATEWAY)), strict=True))
    )

    @property
    def scheme(self) -> str:
        return "https" if self.https else "http"

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    def internal_url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[service]}"

    def database_url(self, service: str, role: str, password: str) -> str:
        """A role's URL of a service's database, for SQLAlchemy."""
        host = f"{LOOPBACK}:{self.ports['postgres']}"
        return f"postgresql+asyncpg://{role}:{password}@{host}/{DATABASE_PREFIX}{service}"

    def service_environment(self, service: str) -> dict[str, str]:
        """What a service reads from its environment; its secrets come from files."""
        return {
            "AFTERGLOW_ENVIRONMENT": "development",
            "AFTERGLOW_BASE_URL": self.base_url,
            "AFTERGLOW_AUTH_URL": self.internal_url("auth"),
            "AFTERGLOW_PORTAL_URL": self.internal_url("portal"),
            "AFTERGLOW_MESSAGING_URL": self.internal_url("messaging"),
            "AFTERGLOW_SECRETS_DIR": str(self.installation.secrets(service)),
            "AFTERGLOW_CLIENT_ID": service,
            "AFTERGLOW_PRACTICE": PRACTICE,
            "AFTERGLOW_SMTP_HOST": LOOPBACK,
            "AFTERGLOW_SMTP_PORT": str(self.ports["mail"]),
            "AFTERGLOW_SMTP_TLS": "none",
            "AFTERGLOW_MAIL_FROM": "Client portal <portal@localhost>",
            "AFTERGLOW_MFA_REQUIRED_FOR_STAFF": "false",  # the demonstration says so where it prints its accounts
            "AFTERGLOW_SINGLE_ADMIN": "true",  # and so it does of this
        }

    def settings(self, service: str, settings: Callable[..., Any]) -> Any:  # noqa: ANN401  # one class per service
        """What a service is told, as its own class of settings."""
        told = {
            name.removeprefix("AFTERGLOW_").lower(): json.loads(value) if value.startswith("{") else value
            for name, value in self.service_environment(service).items()
        }
        return settings(_secrets_dir=str(self.installation.secrets(service)), **told)

    def gateway_environment(self) -> dict[str, str]:
        """What deploy/Caddyfile reads."""
        folder = str(self.installation.gateway)
        return {
            "PATH": os.defpath,
            "HOME": folder,
            "AFTERGLOW_BASE_URL": self.base_url,
            "AFTERGLOW_GATEWAY_HOST": "localhost",
            "AFTERGLOW_GATEWAY_SCHEME": self.scheme,
            "AFTERGLOW_GATEWAY_PORT": str(self.port),
            "AFTERGLOW_GATEWAY_TLS": "internal" if self.https else "plain",
            "AFTERGLOW_GATEWAY_COOKIES": "__Host-" if self.https else "",
            "AFTERGLOW_GATEWAY_BIND": LOOPBACK,
            "AFTERGLOW_GATEWAY_STORAGE": folder,
            "AFTERGLOW_GATEWAY_PAGES": str(DEPLOY / "gateway"),
            **{f"AFTERGLOW_{name.upper()}_UPSTREAM": f"{LOOPBACK} {self.ports[name]}" for name in SERVICES},
        }

"""How every command prints for programs."""

import json
import sys
from datetime import datetime
from typing import Any


def print_json(document: Any) -> None:  # noqa: ANN401  # whatever JSON can say
    """One JSON document on standard output, and nothing else."""
    sys.stdout.write(json.dumps(document, indent=2, default=written) + "\n")


def written(value: Any) -> str:  # noqa: ANN401  # as above
    """Moments as RFC 3339 has them; anything else as it prints."""
    return value.isoformat() if isinstance(value, datetime) else str(value)

"""What `afterglow initialise …` does."""

import sys

from afterglow_operator.installing import secret_volumes
from afterglow_operator.installing.volumes import Volumes


def secrets() -> None:
    """Make the secrets that are missing."""
    secret_volumes.fill(Volumes())
    say("Secrets are in place.")


def system() -> None:
    """Bring everything up to date; print the first admin's link where one was made now."""
    from afterglow_operator.installing import system  # noqa: PLC0415  # making secrets needs none of the services

    link = system.bring_up_to_date(Volumes())
    say("Databases, roles, migrations and OAuth clients are up to date.")
    if link:
        say("The first admin is invited by mail, and by this link, which works once and is shown only now:")
        say(link)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

"""The kinds of links that lead to choosing how to sign in, and what is different about them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from afterglow_foundation.security_events.events import ChangeType

from afterglow_auth.audit import Verb
from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.columns import ChoosingColumns
from afterglow_auth.links.tokens import token_of
from afterglow_auth.recovery.models import Recovery
from afterglow_auth.resets.models import Reset
from afterglow_auth.settings import Settings


@dataclass(frozen=True, slots=True)
class Door:
    """`change` is CAEP's word for what happens to the credential."""

    path: str
    purpose: Purpose
    table: type[ChoosingColumns]
    verb: Verb
    change: ChangeType


INVITATION = Door("/auth/invitation", Purpose.invitation, Invitation, Verb.invitation_accepted, "create")
RECOVERY = Door("/auth/recovery", Purpose.recovery, Recovery, Verb.recovery_used, "update")
RESET = Door("/auth/reset", Purpose.reset, Reset, Verb.reset_used, "update")


def address_of(settings: Settings, digests: Digests, link: ChoosingColumns) -> str:
    """The whole address of a link, from the configured base URL: whoever reads it may choose the password."""
    door = next(door for door in (INVITATION, RECOVERY, RESET) if isinstance(link, door.table))
    return f"{settings.base_url}{door.path}?token={token_of(digests, door.purpose, link)}"


def expiry(lifetime: timedelta) -> datetime:
    """When a link that is made now expires, to a whole second, as its token says it."""
    return (datetime.now(UTC) + lifetime).replace(microsecond=0)

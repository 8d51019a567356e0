"""Every type of event: its URI, what its payload says, and what kind of subject it is about.

Where CAEP 1.0 or RISC 1.0 has a type, that is the type; where neither has one, the URI is ours and the payload a fact.
"""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue

from afterglow_foundation.security_events.facts import CareRelationshipFact, GrantFact, PersonFact, PracticeFact

CAEP = "https://schemas.openid.net/secevent/caep/event-type"
RISC = "https://schemas.openid.net/secevent/risc/event-type"
SSF = "https://schemas.openid.net/secevent/ssf/event-type"
OURS = "urn:afterglow:event"

CredentialType = Literal["app", "fido2-platform", "fido2-roaming", "password", "phone-sms", "pin", "recovery-code"]
ChangeType = Literal["create", "delete", "revoke", "update"]
LONGEST_STATE, LONGEST_REASON = 1000, 1000


class StreamStatus(StrEnum):
    """SSF 1.0 §8.1.2.1: a paused stream keeps what it does not tell, a disabled one does not."""

    enabled = "enabled"
    paused = "paused"
    disabled = "disabled"


class EventType(StrEnum):
    account_disabled = f"{RISC}/account-disabled"
    account_enabled = f"{RISC}/account-enabled"
    account_purged = f"{RISC}/account-purged"
    authorization_revoked = f"{OURS}:authorization-revoked"
    care_relationship = f"{OURS}:care-relationship"
    credential_change = f"{CAEP}/credential-change"
    grant = f"{OURS}:grant"
    person = f"{OURS}:person"
    practice = f"{OURS}:practice"
    session_revoked = f"{CAEP}/session-revoked"
    stream_updated = f"{SSF}/stream-updated"
    token_claims_change = f"{CAEP}/token-claims-change"
    verification = f"{SSF}/verification"


class AccountEvent(BaseModel, frozen=True):
    """RISC §2: the type and the subject say it all; when it happened is the token's `toe`."""


class SessionRevoked(BaseModel, frozen=True):
    """CAEP §3.1: the session that the subject names is over, and so is every token that was issued in it."""


class AuthorizationRevoked(BaseModel, frozen=True):
    """What a person allowed one program at one sign-in is over, and so is every token that it gave."""

    authorization_id: UUID


class CredentialChange(BaseModel, frozen=True):
    """CAEP §3.3: somebody's means of signing in was added, changed or taken away."""

    credential_type: CredentialType
    change_type: ChangeType


class TokenClaimsChange(BaseModel, frozen=True):
    """CAEP §3.2: tokens issued before say otherwise. `claims` has the changed ones with their new values."""

    claims: dict[str, JsonValue] = Field(min_length=1)


class StreamUpdated(BaseModel, frozen=True):
    """SSF §8.1.5: the stream has another status, and not because the receiver asked for it."""

    status: StreamStatus
    reason: str | None = Field(default=None, max_length=LONGEST_REASON, exclude_if=lambda reason: reason is None)


class Verification(BaseModel, frozen=True):
    """SSF §8.1.4.1: the stream works. `state` is what the receiver sent with its request; without, nobody asked."""

    state: str | None = Field(default=None, max_length=LONGEST_STATE, exclude_if=lambda state: state is None)


PAYLOADS: dict[EventType, type[BaseModel]] = {
    EventType.account_disabled: AccountEvent,
    EventType.account_enabled: AccountEvent,
    EventType.account_purged: AccountEvent,
    EventType.authorization_revoked: AuthorizationRevoked,
    EventType.care_relationship: CareRelationshipFact,
    EventType.credential_change: CredentialChange,
    EventType.grant: GrantFact,
    EventType.person: PersonFact,
    EventType.practice: PracticeFact,
    EventType.session_revoked: SessionRevoked,
    EventType.stream_updated: StreamUpdated,
    EventType.token_claims_change: TokenClaimsChange,
    EventType.verification: Verification,
}
ABOUT_STREAMS = frozenset({EventType.stream_updated, EventType.verification})
"""The events about the stream itself: no receiver asks for them, and none can do without."""
ABOUT_THINGS = ABOUT_STREAMS | {EventType.care_relationship, EventType.grant, EventType.practice}
"""The events whose subject is no person."""
SUPPORTED = tuple(sorted(set(EventType) - ABOUT_STREAMS))
"""What a receiver can ask for."""

"""Programs that people may sign in to, as admins register them: OAuth clients of their own, not the system's.

People are asked whether they allow such a program what it asks for (`consents/`). None of them may have `accounts`,
which administers: what holds it was registered at the host.

Nothing here names an address from which we would fetch anything: keys are sent, and `jwks_uri` is no field. One address
is sent to, and nothing that it answers is shown to anybody (`backchannel/`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from afterglow_design.configured import Line
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from afterglow_auth.oauth.clients import is_exact, is_private_use
from afterglow_auth.oauth.scopes import PROGRAM_SCOPES

MOST_KEYS = 5
COORDINATE = r"^[A-Za-z0-9_-]{43}$"
Scope = StrEnum("Scope", {name: name for name in PROGRAM_SCOPES})  # type: ignore[misc]  # its members are data


class ProgramKind(StrEnum):
    """A confidential one keeps a private key on a server of its own; a public one runs where its user could read it."""

    confidential = "confidential"
    public = "public"


def exact_address(value: str) -> str:
    """Raise ValueError for what could ever match more than one address, or lead to another machine in the clear."""
    if not is_exact(value) and not is_private_use(value):
        raise ValueError("a whole https address, or one of this machine (http://127.0.0.1), without wildcard or #")
    return value


def web_address(value: str) -> str:
    if not is_exact(value):
        raise ValueError("a whole https address, or one of this machine (http://127.0.0.1), without wildcard or #")
    return value


Addresses = Annotated[list[Annotated[str, Field(max_length=300), AfterValidator(exact_address)]], Field(max_length=10)]
WebAddress = Annotated[str, Field(max_length=300), AfterValidator(web_address)]
WebAddresses = Annotated[list[WebAddress], Field(max_length=10)]


class PublicKey(BaseModel):
    """A public EC key on P-256 (RFC 7518 §6.2.1). A private one, or an address to fetch one from, has no field here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str = Field(pattern=COORDINATE)
    y: str = Field(pattern=COORDINATE)
    kid: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.:-]{1,100}$")
    use: Literal["sig"] | None = None
    alg: Literal["ES256"] | None = None


class PublicKeys(BaseModel):
    """A key set (RFC 7517 §5). Several keys tell themselves apart by `kid`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: list[PublicKey] = Field(max_length=MOST_KEYS)

    @field_validator("keys")
    @classmethod
    def usable(cls, value: list[PublicKey]) -> list[PublicKey]:
        if not value:
            raise ValueError("at least one key")
        if len(value) > 1 and len({key.kid for key in value} - {None}) != len(value):
            raise ValueError("each of several keys has a kid of its own")
        for key in value:
            try:
                ECKey.import_key(key.model_dump(exclude_none=True))
            except (JoseError, ValueError) as error:
                raise ValueError("a key is not a point of its curve") from error
        return value

    def stored(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class ProgramWords(BaseModel):
    """What may change: addresses are compared character by character. People are told who it is `run_by`.

    At `backchannel_logout_uri` it is told when a session ends in which it was told who somebody is. It may be held to
    push its requests (RFC 9126) and to prove a key of its own with whatever it gets (RFC 9449).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line = Field(min_length=1, max_length=100)
    run_by: Line = Field(default="", max_length=100)
    redirect_uris: Addresses
    post_logout_redirect_uris: WebAddresses = []
    backchannel_logout_uri: WebAddress | None = None
    backchannel_logout_session_required: bool = False
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    scopes: list[Scope] = Field(max_length=len(PROGRAM_SCOPES))

    @field_validator("redirect_uris")
    @classmethod
    def somewhere(cls, value: list[str]) -> list[str]:
        if not value or len(set(value)) != len(value):
            raise ValueError("at least one address, and each once")
        return value

    @field_validator("scopes")
    @classmethod
    def something(cls, value: list[Scope]) -> list[Scope]:
        if not value or len(set(value)) != len(value):
            raise ValueError("at least one scope, and each once")
        return value

    def values(self) -> dict[str, Any]:
        """By column of the clients' table."""
        return self.model_dump(mode="json", include=set(ProgramWords.model_fields))


class ProgramIn(ProgramWords):
    """A program to register; a confidential one brings its public keys."""

    kind: ProgramKind
    jwks: PublicKeys | None = Field(default=None, validate_default=True)

    @field_validator("jwks")
    @classmethod
    def of_its_kind(cls, value: PublicKeys | None, info: ValidationInfo) -> PublicKeys | None:
        kind = info.data.get("kind")
        if kind == ProgramKind.confidential and value is None:
            raise ValueError("a confidential program has public keys")
        if kind == ProgramKind.public and value is not None:
            raise ValueError("a public program has no key that it could keep")
        return value


class ProgramChange(ProgramWords):
    """`version` is the one that it was made from."""

    version: int = Field(ge=1)


class KeysChange(BaseModel):
    """Other keys in place of all there were; for a while both belong in the set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1)
    jwks: PublicKeys


class ProgramOut(BaseModel):
    """A program as admins see it; `built_in` ones belong to the system and stay as they are."""

    model_config = ConfigDict(from_attributes=True)

    client_id: str
    name: str
    kind: str
    built_in: bool
    run_by: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    backchannel_logout_uri: str | None
    backchannel_logout_session_required: bool
    require_pushed_authorization_requests: bool
    dpop_bound_access_tokens: bool
    scopes: list[str]
    jwks: dict[str, Any] | None
    version: int
    created_at: datetime
    disabled_at: datetime | None


class ProgramPage(BaseModel):
    items: list[ProgramOut]
    next: str | None


ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]

"""What happens to programs: registering, changing, other keys, and an end that can be undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, NotFound, Refusal
from sqlalchemy import ColumnElement, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record, record_each
from afterglow_auth.oauth import families
from afterglow_auth.oauth.clients import is_private_use
from afterglow_auth.oauth.families import is_registered
from afterglow_auth.oauth.models import Authorization, OAuthClient
from afterglow_auth.problems import BuiltIn, ChangedMeanwhile
from afterglow_auth.programs.schemas import KeysChange, ProgramChange, ProgramIn, ProgramKind

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('afterglow program ' || :client_id))")
CODE_GRANTS = ["authorization_code", "refresh_token"]
EVERY = true()


@dataclass(frozen=True)
class Change:
    """Values by column, made from that version, as that act; which authorizations it ends, and why."""

    version: int
    values: Mapping[str, object]
    verb: Verb
    ends: ColumnElement[bool] | None
    because: str


@dataclass(frozen=True)
class Wish:
    """A program to register under an id that whoever asks has made."""

    id: UUID
    wanted: ProgramIn
    digest: bytes

    @property
    def refusal(self) -> Refusal:
        return Refusal(Verb.client_registered, self.id)


def refusal(verb: Verb, client_id: str) -> Refusal:
    """What the audit keeps: ids of the system's own clients are words, so they stand in its purpose."""
    return Refusal(verb, purpose=client_id)


async def listed(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[OAuthClient]:
    asked = select(OAuthClient).order_by(col(OAuthClient.client_id)).limit(limit)
    return (await session.scalars(asked.where(col(OAuthClient.client_id) > after) if after else asked)).all()


async def find(session: AsyncSession, client_id: str, verb: Verb) -> OAuthClient:
    found = await session.get(OAuthClient, client_id)
    if found is None:
        raise NotFound(refusal=refusal(verb, client_id))
    return found


async def register(session: AsyncSession, wish: Wish, caller: Caller) -> tuple[OAuthClient, bool]:
    """The program, and whether it is new. Raises Conflict where the id stands for another wish."""
    refuse_unfit(wish.wanted.redirect_uris, wish.wanted.kind)
    client_id = str(wish.id)
    await session.execute(ONE_AT_A_TIME, {"client_id": client_id})
    if known := await session.get(OAuthClient, client_id):
        if known.body_digest != wish.digest:
            raise Conflict(refusal=wish.refusal)
        return known, False
    confidential = wish.wanted.kind == ProgramKind.confidential
    made = OAuthClient(
        client_id=client_id,
        kind=wish.wanted.kind,
        token_endpoint_auth_method="private_key_jwt" if confidential else "none",  # methods, no secrets
        jwks=wish.wanted.jwks.stored() if wish.wanted.jwks else None,
        grants=CODE_GRANTS,
        body_digest=wish.digest,
        **wish.wanted.values(),
    )
    session.add(made)
    await session.flush()
    await record(session, Verb.client_registered, caller, object_id=wish.id, purpose=client_id)
    return made, True


async def change_words(session: AsyncSession, client_id: str, wanted: ProgramChange, caller: Caller) -> OAuthClient:
    """Change what it is called, where it leads back to and what it may ask for. Raises ChangedMeanwhile.

    What people allowed it beyond what it may ask for now, or at an address that is taken away, ends.
    """
    program = await own(session, client_id, Verb.client_changed)
    refuse_unfit(wanted.redirect_uris, program.kind)
    change = Change(wanted.version, wanted.values(), Verb.client_changed, ~is_registered(), "program changed")
    return await save(session, program, change, caller)


async def change_keys(session: AsyncSession, client_id: str, wanted: KeysChange, caller: Caller) -> OAuthClient:
    """Take other keys. Assertions that the earlier ones sign are refused from now on.

    Where one is taken away, whoever had it may hold what people allowed: all of that ends. Adding one ends nothing.
    """
    program = await own(session, client_id, Verb.client_keys_changed)
    if program.kind != ProgramKind.confidential or program.jwks is None:
        raise InvalidInput(errors=[FieldError(field="jwks", code="unfit", message="A public program has no keys.")])
    keys = wanted.jwks.stored()
    gone = any(key not in keys["keys"] for key in program.jwks["keys"])
    ends = EVERY if gone else None
    change = Change(wanted.version, {"jwks": keys}, Verb.client_keys_changed, ends, "program keys changed")
    return await save(session, program, change, caller)


async def disable(session: AsyncSession, client_id: str, caller: Caller) -> OAuthClient:
    """End the program and everything people allowed it. Again, it changes nothing."""
    program = await own(session, client_id, Verb.client_disabled)
    if program.disabled_at is None:
        program.disabled_at = datetime.now(UTC)
        await session.flush()
        await end_authorizations(session, client_id, "program disabled", caller)
        await record(session, Verb.client_disabled, caller, object_id=id_of(program), purpose=client_id)
    return program


async def enable(session: AsyncSession, client_id: str, caller: Caller) -> OAuthClient:
    """Let it be used again. What ended stays ended, and so does what another replica gave in the last moment."""
    program = await own(session, client_id, Verb.client_enabled)
    if program.disabled_at is not None:
        program.disabled_at = None
        await session.flush()
        await end_authorizations(session, client_id, "program disabled", caller)
        await record(session, Verb.client_enabled, caller, object_id=id_of(program), purpose=client_id)
    return program


async def own(session: AsyncSession, client_id: str, verb: Verb) -> OAuthClient:
    """A program that may be changed here, locked. Raises NotFound, and BuiltIn for the system's own."""
    found = await find(session, client_id, verb)
    if found.built_in:
        raise BuiltIn(refusal=refusal(verb, client_id))
    await session.refresh(found, with_for_update=True)
    return found


async def save(session: AsyncSession, program: OAuthClient, change: Change, caller: Caller) -> OAuthClient:
    """Store it. The change that was made last, sent again, changes nothing; one of an older version is refused."""
    same = all(getattr(program, name) == value for name, value in change.values.items())
    if same and change.version == program.version - 1:
        return program
    if change.version != program.version:
        raise ChangedMeanwhile(refusal=refusal(change.verb, program.client_id))
    for name, value in change.values.items():
        setattr(program, name, value)
    program.version += 1
    await session.flush()
    if change.ends is not None:
        await end_authorizations(session, program.client_id, change.because, caller, change.ends)
    await record(session, change.verb, caller, object_id=id_of(program), purpose=program.client_id)
    return program


async def end_authorizations(
    session: AsyncSession, client_id: str, because: str, caller: Caller, which: ColumnElement[bool] = EVERY
) -> None:
    """Their tokens end at once, here and at every service."""
    of_client = (col(OAuthClient.client_id) == client_id) & (col(Authorization.client_id) == col(OAuthClient.client_id))
    ended = await families.end_authorizations(session, of_client & which, because)
    await record_each(session, Verb.token_revoked, ended, caller, purpose=because)


def refuse_unfit(addresses: Sequence[str], kind: str) -> None:
    """A scheme of its own (RFC 8252) belongs to a program on somebody's device, which keeps no secret."""
    if kind == ProgramKind.public:
        return
    wrong = [number for number, address in enumerate(addresses) if is_private_use(address)]
    message = "A confidential program is led back to by a web address."
    if wrong:
        raise InvalidInput(
            errors=[FieldError(field=f"redirect_uris.{number}", code="unfit", message=message) for number in wrong]
        )


def id_of(program: OAuthClient) -> UUID | None:
    """Its id for the audit; the demonstration's programs have words for one."""
    try:
        return UUID(program.client_id)
    except ValueError:
        return None

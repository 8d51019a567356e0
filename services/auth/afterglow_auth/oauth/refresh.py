"""Refresh: ours, not Authlib's, since this is the endpoint that is called most and whose races matter most.

A family is an authorization; each of its tokens is exchanged once, for the successor derived from it. A client that
lost the answer may ask again within ten seconds and gets the same successor. Any other second use means that two
parties hold the token, so the family ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from afterglow_foundation.audit import Outcome
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.single_statement import Found
from afterglow_foundation.tokens import LONGEST_LIFETIME
from authlib.oauth2.rfc6749.errors import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)
from sqlalchemy import DateTime, LargeBinary, Select, String, TextClause, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.oauth.client_authentication import AuthenticatedClient, ReusedAssertionError
from afterglow_auth.oauth.dpop import reused_proof
from afterglow_auth.oauth.families import end_authorizations, refresh_hash, successor
from afterglow_auth.oauth.models import Authorization, RefreshToken
from afterglow_auth.oauth.resources import InvalidTargetError, named, narrowed, opened_by, scopes_for
from afterglow_auth.oauth.scopes import PEOPLE_SCOPES, SERVICE_SCOPES, is_within
from afterglow_auth.oauth.tokens import Granted, access_token, token_type
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import is_live
from afterglow_auth.settings import Settings

RETRY_WITHIN = timedelta(seconds=10)
LONGEST_TOKEN = 128

# One statement that is its own transaction, where the session would need six (assertion, proof, token with family,
# person and session, successor, activity) between BEGIN and COMMIT. DESIGN §7 measured what that gains: one raw
# statement 4,700-10,900 exchanges per second, Authlib's refresh under run_sync 1,270-1,780. The UPDATE decides races:
# of any number at once, one finds `used_at` empty. It acts for nobody, so no context is set (`RowContext`).
ROTATION = """
    WITH {fresh}, spent AS (
        UPDATE refresh_tokens token SET used_at = :now
        FROM fresh, authorizations family
            JOIN people ON people.id = family.person_id
            JOIN sessions ON sessions.id = family.session_id
        WHERE token.token_hash = :token_hash AND token.used_at IS NULL AND family.id = token.authorization_id
            AND fresh.client AND fresh.proof AND (family.refresh_jkt IS NULL OR family.refresh_jkt = :jkt)
            AND family.client_id = :client_id AND family.revoked_at IS NULL
            AND string_to_array(family.scope, ' ') @> string_to_array(:scope, ' ')
            AND (family.resources = '{{}}' OR family.resources @> CAST(:resources AS varchar[])
                AND family.resources && CAST(:reachable AS varchar[]))
            AND people.disabled_at IS NULL AND sessions.ended_at IS NULL AND sessions.expires_at > :now
            AND sessions.last_seen_at + make_interval(secs => sessions.idle_seconds) > :now
        RETURNING family.id, family.person_id, family.session_id, family.scope, family.auth_time, family.acr,
            family.amr, family.resources, people.role
    ), made AS (
        INSERT INTO refresh_tokens (token_hash, authorization_id, created_at)
        SELECT :next_hash, spent.id, :now FROM spent
    ), seen AS (
        UPDATE sessions SET last_seen_at = :now FROM spent
        WHERE sessions.id = spent.session_id AND sessions.last_seen_at < :now - interval '1 minute'
    ){bound}
    SELECT fresh.client, fresh.proof, spent.* FROM fresh LEFT JOIN spent ON true
"""
# What serves once is spent first, where there is any. A statement of its own without them: four parts and seven values
# less are a seventh of PostgreSQL's time for it.
NOTHING_SPENT = "fresh AS (SELECT true AS client, true AS proof)"
BOTH_SPENT = """
    assertion AS (
        INSERT INTO used_assertions (jti_hash, expires_at)
        SELECT :jti_hash, :assertion_expires_at WHERE :jti_hash IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING true
    ), proof AS (
        INSERT INTO used_assertions (jti_hash, expires_at)
        SELECT :proof_hash, :proof_expires_at WHERE :proof_hash IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING true
    ), fresh AS (
        SELECT :jti_hash IS NULL OR EXISTS (SELECT FROM assertion) AS client,
            :proof_hash IS NULL OR EXISTS (SELECT FROM proof) AS proof
    )
"""
# Of a public client that proves a key: whoever shows a token that is no living one of its has nothing stored, and a
# family that had no key has this one from now on (RFC 9449 §5).
PROOF_SPENT = """
    known AS (
        SELECT FROM refresh_tokens token JOIN authorizations family ON family.id = token.authorization_id
        WHERE token.token_hash = :token_hash AND family.client_id = :client_id AND family.revoked_at IS NULL
    ), proof AS (
        INSERT INTO used_assertions (jti_hash, expires_at)
        SELECT :proof_hash, :proof_expires_at WHERE EXISTS (SELECT FROM known)
        ON CONFLICT DO NOTHING RETURNING true
    ), fresh AS (
        SELECT true AS client, EXISTS (SELECT FROM proof) OR NOT EXISTS (SELECT FROM known) AS proof
    )
"""
BOUND = """, bound AS (
        UPDATE authorizations SET refresh_jkt = :jkt FROM spent
        WHERE authorizations.id = spent.id AND authorizations.refresh_jkt IS NULL
    )"""
KINDS = (
    bindparam("token_hash", type_=LargeBinary),
    bindparam("next_hash", type_=LargeBinary),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("jkt", type_=String),
    bindparam("client_id", type_=String),
    bindparam("scope", type_=String),
)
OF_PROOF = (bindparam("proof_hash", type_=LargeBinary), bindparam("proof_expires_at", type_=DateTime(timezone=True)))
ROTATE = text(ROTATION.format(fresh=NOTHING_SPENT, bound="")).bindparams(*KINDS)
ROTATE_AND_BIND = text(ROTATION.format(fresh=PROOF_SPENT, bound=BOUND)).bindparams(*KINDS, *OF_PROOF)
SPEND_AND_ROTATE = text(ROTATION.format(fresh=BOTH_SPENT, bound="")).bindparams(
    *KINDS,
    *OF_PROOF,
    bindparam("jti_hash", type_=LargeBinary),
    bindparam("assertion_expires_at", type_=DateTime(timezone=True)),
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One refresh token presented by one client, perhaps for less than its scope, or for some of its resources.

    `needed` are the scopes that the family must have, `reachable` the resources that a token could be for.
    """

    authenticated: AuthenticatedClient
    token: str
    next_token: str
    scope: str | None
    resources: Sequence[str]
    needed: str
    reachable: Sequence[str]

    @property
    def client_id(self) -> str:
        return self.authenticated.client.client_id


async def refresh(
    provider: IdentityProvider, authenticated: AuthenticatedClient, form: Mapping[str, str]
) -> dict[str, Any]:
    """Exchange the form's `refresh_token`. Returns the token answer; raises Authlib's OAuth2 errors."""
    exchange = read(provider, authenticated, form)
    signer = await provider.keys.signer()
    granted = await rotate(provider, exchange) or await retry_or_refuse(provider, exchange)
    scope = scope_of(provider.settings, exchange, granted)
    granted = replace(granted, scope=scope, jkt=authenticated.jkt)
    return {
        "access_token": access_token(provider.settings, signer, granted),
        "token_type": token_type(granted.jkt),
        "expires_in": LONGEST_LIFETIME,
        "scope": granted.scope,
        "refresh_token": exchange.next_token,
    }


def read(provider: IdentityProvider, authenticated: AuthenticatedClient, form: Mapping[str, str]) -> Exchange:
    if not authenticated.client.check_grant_type("refresh_token"):
        raise UnauthorizedClientError("The client may not use refresh tokens.")
    token, scope = form.get("refresh_token", ""), form.get("scope")
    if not token or len(token) > LONGEST_TOKEN:
        raise InvalidRequestError("refresh_token is missing or malformed.")
    scope, resources, settings = " ".join(scope.split()) if scope else None, named(form), provider.settings
    opening = scopes_for(settings, resources)
    if scope and not opening <= set(scope.split()):
        raise InvalidTargetError
    reachable = opened_by(settings, scope or " ".join((*PEOPLE_SCOPES, *SERVICE_SCOPES)))
    following, needed = successor(provider.digests, token), scope or " ".join(sorted(opening))
    return Exchange(authenticated, token, following, scope, resources, needed, reachable)


def scope_of(settings: Settings, exchange: Exchange, granted: Granted) -> str:
    """The scope of the new access token."""
    scope = exchange.scope or granted.scope
    chosen = [one for one in exchange.resources or granted.resources if one in opened_by(settings, scope)]
    return narrowed(settings, scope, chosen)


async def rotate(provider: IdentityProvider, exchange: Exchange) -> Granted | None:
    """The hot path. None where nothing was exchanged and the reason is still to be found."""
    digests = provider.digests
    values = {
        "now": datetime.now(UTC),
        "client_id": exchange.client_id,
        "scope": exchange.needed,
        "resources": exchange.resources,
        "reachable": exchange.reachable,
        "jkt": exchange.authenticated.jkt,
        "token_hash": refresh_hash(digests, exchange.token),
        "next_hash": refresh_hash(digests, exchange.next_token),
    }
    statement, to_spend = spending(exchange.authenticated)
    rows = await provider.database.single_statement(statement, values | to_spend)
    if not rows[0].client:
        raise ReusedAssertionError(exchange.client_id)
    if not rows[0].proof:
        raise reused_proof(exchange.client_id)
    return granted_of(rows[0], exchange.client_id) if rows[0].id else None


def spending(authenticated: AuthenticatedClient) -> tuple[TextClause, dict[str, Any]]:
    """The statement for what there is to spend, and what it asks besides."""
    assertion, proof = authenticated.assertion, authenticated.key and authenticated.key.proof
    if not assertion and not proof:
        return ROTATE, {}
    of_proof = {"proof_hash": proof and proof.jti_hash, "proof_expires_at": proof and proof.expires_at}
    if authenticated.client.is_public:
        return ROTATE_AND_BIND, of_proof
    of_assertion = {
        "jti_hash": assertion and assertion.jti_hash,
        "assertion_expires_at": assertion and assertion.expires_at,
    }
    return SPEND_AND_ROTATE, of_proof | of_assertion


def granted_of(row: Found, client_id: str) -> Granted:
    return Granted(
        authorization_id=row.id,
        client_id=client_id,
        person_id=row.person_id,
        role=row.role,
        session_id=row.session_id,
        scope=row.scope,
        auth_time=row.auth_time,
        acr=row.acr,
        amr=row.amr,
        resources=row.resources,
    )


async def retry_or_refuse(provider: IdentityProvider, exchange: Exchange) -> Granted:
    """Why nothing was exchanged: an early retry is answered again, a reuse ends the family; both are rare.

    The family's end and its audit event are committed before the refusal is raised.
    """
    async with provider.database.unit_of_work(RowContext()) as session:
        outcome = await judge(session, provider, exchange)
    if isinstance(outcome, OAuth2Error):
        raise outcome
    return outcome


async def judge(session: AsyncSession, provider: IdentityProvider, exchange: Exchange) -> Granted | OAuth2Error:
    hashed = refresh_hash(provider.digests, exchange.token)
    found = (await session.execute(family_of(hashed, exchange.client_id))).one_or_none()
    gone = InvalidGrantError("The refresh token is unknown, used, revoked, another key's or its sign-in is over.")
    bound_to = {None, exchange.authenticated.jkt}
    if found is None or found.Authorization.revoked_at or found.Authorization.refresh_jkt not in bound_to:
        return gone
    family: Authorization = found.Authorization
    if found.RefreshToken.used_at and not await is_retry(session, provider, exchange, found.RefreshToken.used_at):
        await end_family(session, family, found.role)
        return gone
    if exchange.scope and not is_within(exchange.scope, family.scope):
        return InvalidScopeError()
    if not may_reach(exchange, family):
        return InvalidTargetError()
    if not found.RefreshToken.used_at or not found.live:
        return gone
    return Granted(
        authorization_id=family.id,
        client_id=family.client_id,
        person_id=family.person_id,
        role=found.role,
        session_id=family.session_id,
        scope=family.scope,
        auth_time=family.auth_time,
        acr=family.acr,
        amr=family.amr,
        resources=family.resources,
    )


def may_reach(exchange: Exchange, family: Authorization) -> bool:
    """As ROTATE asks it: the family has what resources need; where it is for some only, one of those is left."""
    asked, allowed = set(exchange.resources), set(family.resources)
    reaches = not allowed or (asked <= allowed and bool(allowed & set(exchange.reachable)))
    return reaches and is_within(exchange.needed, family.scope)


def family_of(token_hash: bytes, client_id: str) -> Select[RefreshToken, Authorization, str, bool]:
    """The token with its family, held against change, and whether person and session still stand."""
    live = is_live(datetime.now(UTC)) & col(Person.disabled_at).is_(None)
    return (
        select(RefreshToken, Authorization, col(Person.role), live.label("live"))
        .join(Authorization, col(Authorization.id) == col(RefreshToken.authorization_id))
        .join(Person, col(Person.id) == col(Authorization.person_id))
        .join(Session, col(Session.id) == col(Authorization.session_id))
        .where(col(RefreshToken.token_hash) == token_hash, col(Authorization.client_id) == client_id)
        .with_for_update(of=RefreshToken)
    )


async def is_retry(session: AsyncSession, provider: IdentityProvider, exchange: Exchange, used_at: datetime) -> bool:
    """Within ten seconds, and nobody has used the successor yet."""
    following = refresh_hash(provider.digests, exchange.next_token)
    unused = select(col(RefreshToken.token_hash)).where(
        col(RefreshToken.token_hash) == following, col(RefreshToken.used_at).is_(None)
    )
    return datetime.now(UTC) - used_at <= RETRY_WITHIN and await session.scalar(unused) is not None


async def end_family(session: AsyncSession, family: Authorization, role: str) -> None:
    await end_authorizations(session, col(Authorization.id) == family.id, "refresh token reused")
    await record(
        session,
        Verb.refresh_reused,
        Caller(family.person_id, Role(role), session_id=family.session_id),
        object_id=family.id,
        subject_id=family.person_id,
        outcome=Outcome.refused,
    )

"""Authlib's authorization server as Afterglow runs it: code flow only, S256 for every client, codes redeemed once.

Authlib is synchronous: these classes run inside `await session.run_sync(...)`, so that one session and one transaction
serve the request. One server is made per request; it knows the request's client, session and signer.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.database import values_as
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.tokens import LONGEST_LIFETIME
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import AuthorizationServer
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from sqlalchemy.orm import Session as SyncSession

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb
from afterglow_auth.digests import Purpose, new_secret
from afterglow_auth.oauth import claims
from afterglow_auth.oauth.clients import RegisteredClient
from afterglow_auth.oauth.code_statements import AUTHORIZE, BY_CODE, NOT_YET, REDEEM
from afterglow_auth.oauth.exchanged import Answer, Request
from afterglow_auth.oauth.families import refresh_hash
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.oauth.openid import check_parameters
from afterglow_auth.oauth.resources import named, narrowed, within
from afterglow_auth.oauth.signing_keys import Signer
from afterglow_auth.oauth.tokens import Granted, access_token, id_token, token_type
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.service import SignedIn

CODE_LIFETIME = timedelta(seconds=60)


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """The server of one request; `jkt` is the thumbprint of the key that a token request proved.

    A code that was used before is left in `replayed`, for whoever ends what it gave.
    """

    def __init__(
        self,
        provider: IdentityProvider,
        client: RegisteredClient | None,
        session: SyncSession | None = None,
        signer: Signer | None = None,
        jkt: str | None = None,
    ) -> None:
        super().__init__()
        self.provider = provider
        self.client = client
        self.session = session
        self.signer = signer
        self.jkt = jkt
        self.replayed: Authorization | None = None
        self.register_grant(CodeGrant, [S256Challenge()])

    def query_client(self, client_id: str) -> RegisteredClient | None:
        return self.client if self.client and self.client.client_id == client_id else None

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def save_token(self, token: dict[str, Any], request: Request) -> None:
        """The grant has stored what is to be stored."""

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:  # noqa: ANN401  # as Authlib calls it
        """Name the issuer in every authorization response, errors too (RFC 9207)."""
        answer = Answer(status, body, dict(headers))
        if answer.location:
            issuer = {"iss": self.provider.settings.issuer}
            answer.headers["Location"] = add_params_to_uri(answer.location, issuer)
        return answer


class S256Challenge(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """PKCE with S256, of every client; Authlib alone would take `plain`, and nothing from confidential clients."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar = ["S256"]

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: object) -> None:
        data = grant.request.payload.data
        if data.get("code_challenge_method") != "S256" or "code_challenge" not in data:
            raise InvalidRequestError("PKCE with code_challenge_method S256 is required.")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge_method(self, authorization_code: Authorization) -> str:  # noqa: ARG002  # as Authlib calls it
        return "S256"


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    """The code flow on our tables. `request.user` is a SignedIn at authorize and the Person at the token endpoint."""

    server: Server
    _person: Person | None = None
    _refresh_token: str | None = None

    def authenticate_token_endpoint_client(self) -> RegisteredClient | None:
        """The client that `client_authentication` has already found, the same way for every grant."""
        return self.server.client

    @staticmethod
    def validate_authorization_redirect_uri(request: Request, client: RegisteredClient) -> str:
        """Exact comparison; Authlib's own would repeat the address in its error."""
        redirect_uri: str | None = request.payload.redirect_uri
        if redirect_uri is None or not client.check_redirect_uri(redirect_uri):
            raise InvalidRequestError("redirect_uri is missing or not registered for this client.")
        return redirect_uri

    def validate_requested_scope(self) -> None:
        """Where Authlib begins with what may be told to the client: first what OpenID Connect says of the rest."""
        asked = self.request.payload.data
        check_parameters(asked)
        narrowed(self.server.provider.settings, asked.get("scope", ""), named(asked))

    def generate_authorization_code(self) -> str:
        return new_secret()

    def save_authorization_code(self, code: str, request: Request) -> None:
        signed_in: SignedIn = request.user
        now = datetime.now(UTC)
        given = {
            "id": new_id(),
            "client_id": request.client.client_id,
            "person_id": signed_in.person.id,
            "session_id": signed_in.session.id,
            "scope": request.scope,
            "resources": named(request.payload.data),
            "claims": claims.kept(request.payload.data, request.client.scopes),
            "nonce": request.payload.data.get("nonce"),
            "auth_time": signed_in.session.auth_time,
            "acr": signed_in.session.acr,
            "amr": signed_in.session.amr,
            "created_at": now,
            "code_hash": self.server.provider.digests.of(Purpose.code, code),
            "code_expires_at": now + CODE_LIFETIME,
            "redirect_uri": request.payload.redirect_uri,
            "code_challenge": request.payload.data["code_challenge"],
            "code_jkt": request.payload.data.get("dpop_jkt"),
        }
        told = event_values(
            signed_in.caller, Verb.client_authorized, object_id=given["id"], subject_id=signed_in.person.id
        )
        self._session.execute(AUTHORIZE, {**NOT_YET, **values_as("given", given), **values_as("told", told)})

    def query_authorization_code(self, code: str, client: RegisteredClient) -> Authorization | None:
        """The authorization of a code, if it was given to this client and can still be redeemed.

        Not for what is registered no longer: whoever gave the code may have remembered the client as it was.
        """
        hashed = self.server.provider.digests.of(Purpose.code, code)
        found = self._session.scalar(BY_CODE, {"code_hash": hashed, "client_id": client.client_id})
        if found is not None and found.code_used_at is not None:
            self.server.replayed = found if self._could_have_redeemed(found) else None
        elif found is not None and found.code_expires_at > datetime.now(UTC):
            return found
        return None

    def _could_have_redeemed(self, given: Authorization) -> bool:
        """Whether a used code is in the hands of somebody who could have used it.

        A public client proves nothing but the code verifier and perhaps a key: without them it is whoever has read the
        code in a log, and nothing ends for them.
        """
        if not self._is_public:
            return True
        verifier: str = self.request.payload.data.get("code_verifier", "")
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        proved = hmac.compare_digest(challenge, given.code_challenge)
        return proved and given.code_jkt in {None, self.server.jkt}

    def validate_token_request(self) -> None:
        """A resource that was not allowed is refused before the code is used up."""
        super().validate_token_request()
        self._scope_for_resources()

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Redeem the code, once whoever else tries, then answer."""
        authorization: Authorization = self.request.authorization_code
        if authorization.code_jkt not in {None, self.server.jkt}:
            raise InvalidGrantError("The code is bound to a key that was not proved.")
        redeemed, self._person = self._redeem(authorization)
        if redeemed is None:
            self.server.replayed = authorization
            raise InvalidGrantError("The code was used before.")
        return super().create_token_response()  # type: ignore[no-any-return]  # Authlib ships no types

    def _redeem(self, authorization: Authorization) -> tuple[UUID | None, Person | None]:
        """Use the code up: its authorization's id, unless it was used; and the person, unless account or session ended.

        It waits for whoever is ending the session, or lets them wait: who is told of its end must be known by then.
        The person before the authorization, as whatever ends a session takes them in this order.
        """
        values = {
            "given": authorization.id,
            "whose": authorization.person_id,
            "begun_in": authorization.session_id,
            "now": datetime.now(UTC),
            "bound_to": self.server.jkt if self._is_public else None,
            "first_hash": self._begin_family(authorization),
        }
        redeemed, person = self._session.execute(REDEEM, values).one()
        return redeemed, person

    def authenticate_user(self, authorization_code: Authorization) -> Person | None:  # noqa: ARG002  # as Authlib calls it
        """Who was found before the code was used up."""
        return self._person

    def generate_token(self, *, user: Person, scope: str, **_: object) -> dict[str, Any]:
        """Sign the tokens."""
        provider, signer = self.server.provider, self._signer
        given: Authorization = self.request.authorization_code
        by_name = claims.told(given.claims, "id_token", self.request.client.scopes)
        granted = replace(granted_to(given, user), jkt=self.server.jkt, named_claims=by_name)
        narrow = self._scope_for_resources()
        access = access_token(provider.settings, signer, replace(granted, scope=narrow))
        token: dict[str, Any] = {"access_token": access, "token_type": token_type(granted.jkt)}
        token |= {"expires_in": LONGEST_LIFETIME, "scope": narrow}
        if "openid" in scope.split():
            token["id_token"] = id_token(provider.settings, signer, granted, user, access)
        if self._refresh_token:
            token["refresh_token"] = self._refresh_token
        return token

    def delete_authorization_code(self, authorization_code: Authorization) -> None:
        """Kept, as used: a second use must be recognised."""

    def _scope_for_resources(self) -> str:
        """The access token's scope; the family keeps all of its own."""
        given: Authorization = self.request.authorization_code
        chosen = within(named(self.request.payload.data), given.resources)
        return narrowed(self.server.provider.settings, given.scope, chosen)

    def _begin_family(self, authorization: Authorization) -> bytes | None:
        """Make a refresh token, only with `offline_access`, for clients that may have one; return what is stored."""
        may = self.request.client.check_grant_type("refresh_token")
        if not may or "offline_access" not in authorization.scope.split():
            return None
        self._refresh_token = new_secret()
        return refresh_hash(self.server.provider.digests, self._refresh_token)

    @property
    def _is_public(self) -> bool:
        """Without another proof of its own: its refresh tokens are bound to the key (RFC 9449 §5)."""
        return self.server.client is not None and self.server.client.is_public

    @property
    def _session(self) -> SyncSession:
        if self.server.session is None:
            raise LookupError("this step needs a session: call it inside run_sync")
        return self.server.session

    @property
    def _signer(self) -> Signer:
        if self.server.signer is None:
            raise LookupError("this step needs a signing key")
        return self.server.signer


def granted_to(authorization: Authorization, person: Person) -> Granted:
    return Granted(
        authorization_id=authorization.id,
        client_id=authorization.client_id,
        person_id=person.id,
        role=person.role,
        session_id=authorization.session_id,
        scope=authorization.scope,
        auth_time=authorization.auth_time,
        acr=authorization.acr,
        amr=authorization.amr,
        nonce=authorization.nonce,
        resources=authorization.resources,
    )

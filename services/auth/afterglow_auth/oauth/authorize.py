"""The authorization endpoint: who asks is checked first, then whether somebody must sign in, then a code is given.

The sign-in page carries the request's parameters along, or the reference to a pushed one, and they go through the
same checks again when the form comes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from afterglow_foundation.audit import Outcome
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import AccessDeniedError, InvalidRequestError, UnsupportedResponseTypeError
from authlib.oidc.core.errors import ConsentRequiredError, InteractionRequiredError, LoginRequiredError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as SyncSession

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.consents import service as consents
from afterglow_auth.consents.policy import may_allow
from afterglow_auth.consents.service import Wish
from afterglow_auth.factors.standing import standing
from afterglow_auth.oauth import claims
from afterglow_auth.oauth.clients import RegisteredClient
from afterglow_auth.oauth.exchanged import Answer, Request
from afterglow_auth.oauth.hints import Hint, hint_in
from afterglow_auth.oauth.openid import INTERACTIVE, max_age, prompts, wants_mfa
from afterglow_auth.oauth.pushed import find, reference_in, use_up
from afterglow_auth.oauth.resources import InvalidTargetError, named, narrowed
from afterglow_auth.oauth.server import Server
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.proof import MFA_ACR
from afterglow_auth.sessions.service import SignedIn
from afterglow_auth.settings import Settings

GONE = "The pushed request is unknown, another client's, over or used. Please begin again where it was made."


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid authorization request: a known client, one of its redirect URIs, PKCE, a scope it may have."""

    client: RegisteredClient
    parameters: Mapping[str, str]
    hint: Hint | None
    reference: str | None = None

    @property
    def redirect_uri(self) -> str:
        return self.parameters["redirect_uri"]

    @property
    def asks_anew(self) -> bool:
        """Whether somebody who is signed in is to sign in all the same. The house's own ask for no consent apart."""
        apart = frozenset() if self.client.built_in else {"consent"}
        return bool(prompts(self.parameters) & (INTERACTIVE - apart))

    @property
    def proves_itself(self) -> bool:
        """Whether nobody else gets the answer: a program with a key, or a web address that is one's own.

        On a device any program may listen where this one does, begin with its id and bring a challenge of its own.
        """
        return not self.client.is_public or self.redirect_uri.startswith("https:")

    def is_meant(self, person_id: UUID) -> bool:
        """Whether the client would be content with this person: whoever else it names gets no answer about them."""
        return (self.hint is None or self.hint.person_id == person_id) and claims.is_meant(
            self.parameters, str(person_id)
        )

    @property
    def scope(self) -> str:
        """What has to be allowed: the scopes, and those that cover the claims asked for by name."""
        covering = claims.covering(self.parameters) & self.client.scopes
        return " ".join((self.parameters["scope"], *sorted(covering)))

    def wish(self, signed_in: SignedIn) -> Wish:
        """What this person would allow."""
        scopes = may_allow(signed_in.person, self.scope)
        return Wish(self.client, consents.place_of(self.redirect_uri), scopes)

    @property
    def query(self) -> str:
        """As the sign-in pages carry it along; a pushed one by its reference, and what their steps look for in it."""
        if self.reference is None:
            return urlencode(self.parameters)
        carried = {"client_id": self.client.client_id, "request_uri": self.reference}
        return urlencode(carried | ({"acr_values": MFA_ACR} if wants_mfa(self.parameters) else {}))


def as_request(provider: IdentityProvider, parameters: Mapping[str, str]) -> Request:
    return Request("GET", f"{provider.settings.issuer}/authorize", parameters)


async def validate(
    provider: IdentityProvider, parameters: Mapping[str, str], *, begins: bool = False
) -> Asked | Answer:
    """The request, or the answer that refuses it: a redirect only where client and redirect URI are valid.

    Of a pushed one only the reference counts, whatever stands beside it (RFC 9101 §6.3). `begins` where it comes from
    the client and not from our own pages.
    """
    client = await provider.clients.find(parameters.get("client_id"))
    reference = reference_in(parameters)
    if reference:
        pushed = await find(provider, client, reference, begins=begins) if client else None
        if pushed is None:
            return gone()
        parameters = pushed
    server, request = Server(provider, client), as_request(provider, parameters)
    try:
        check(server, request)
        if client is None:
            raise LookupError("Authlib let a request without a client through")
        if client.must_push and not reference:
            raise unpushed(parameters)
        hint = await hint_in(provider, parameters, client.client_id)
    except OAuth2Error as error:
        return answer_of(server, request, error)
    return Asked(client, parameters, hint, reference)


def gone() -> Answer:
    """Told on our own page: where it would have led back to is not known, or no longer to be believed."""
    return Answer(400, {"error": "invalid_request_uri", "error_description": GONE}, {})


async def reused(session: AsyncSession, asked: Asked, signed_in: SignedIn) -> Answer:
    whose, program = signed_in.caller, asked.client.client_id
    await record(session, Verb.pushed_request_reused, whose, purpose=program, outcome=Outcome.refused)
    return gone()


def unpushed(parameters: Mapping[str, str]) -> OAuth2Error:
    """RFC 9126 §6, of a request that is good in itself."""
    words = "This client hands its requests in at the pushed authorization request endpoint."
    return InvalidRequestError(words, redirect_uri=parameters["redirect_uri"], state=parameters.get("state"))


def check(server: Server, request: Request) -> None:
    """Whether a request came by itself or was handed in before. Raises Authlib's OAuth2 errors."""
    try:
        server.get_consent_grant(request)
    except UnsupportedResponseTypeError as error:
        error.description = "Only response_type=code is supported."
        if "response_type" not in request.payload.data:
            error.error = InvalidRequestError.error  # RFC 6749 §4.1.2.1: what is missing is another fault
        raise


def answer_of(server: Server, request: Request, error: OAuth2Error) -> Answer:
    answer: Answer = server.handle_error_response(request, error)
    return answer


def needs_mfa(settings: Settings, asked: Asked, person: Person) -> bool:
    return wants_mfa(asked.parameters) or (person.is_staff and settings.mfa_required_for_staff)


async def must_add_factor(session: AsyncSession, settings: Settings, asked: Asked, signed_in: SignedIn) -> bool:
    """Whether signing in is not all that is missing: a second factor is needed, and there is none yet."""
    if not asked.is_meant(signed_in.person.id) or not needs_mfa(settings, asked, signed_in.person):
        return False
    return not (await standing(session, signed_in.person)).has_second


def must_sign_in(settings: Settings, asked: Asked, signed_in: SignedIn | None) -> bool:
    """True where nobody is signed in, somebody else is meant, or the client or the practice wants it proved better."""
    if signed_in is None or asked.asks_anew:
        return True
    if not asked.is_meant(signed_in.person.id):
        return True
    if needs_mfa(settings, asked, signed_in.person) and signed_in.session.acr != MFA_ACR:
        return True
    age = datetime.now(UTC) - signed_in.session.auth_time
    longest = max_age(asked.parameters)
    return longest is not None and age.total_seconds() > longest


def login_required(provider: IdentityProvider, asked: Asked) -> Answer:
    """The answer to a client that wanted no page shown, or somebody else than who signed in."""
    return told(provider, asked, LoginRequiredError(redirect_uri=asked.redirect_uri))


def told(provider: IdentityProvider, asked: Asked, error: OAuth2Error) -> Answer:
    """An error at the client's own address, which was found valid."""
    error.state = asked.parameters.get("state")
    return answer_of(Server(provider, asked.client), as_request(provider, asked.parameters), error)


def denied(provider: IdentityProvider, asked: Asked) -> Answer:
    return told(provider, asked, AccessDeniedError(redirect_uri=asked.redirect_uri))


async def decide(
    session: AsyncSession, provider: IdentityProvider, asked: Asked, signed_in: SignedIn | None
) -> Answer | None:
    """Give a code, or tell the client that a sign-in would be needed; None where somebody is to sign in."""
    if "none" in prompts(asked.parameters) and signed_in and not await may_be_told(session, asked, signed_in):
        return login_required(provider, asked)
    if not must_sign_in(provider.settings, asked, signed_in) and signed_in:
        return await let_in(session, provider, asked, signed_in)
    may_show = "none" not in prompts(asked.parameters)
    if not may_show and signed_in and await must_add_factor(session, provider.settings, asked, signed_in):
        return told(provider, asked, InteractionRequiredError(redirect_uri=asked.redirect_uri))
    return signed_out(provider, asked)


def signed_out(provider: IdentityProvider, asked: Asked) -> Answer | None:
    """Where nobody is signed in who will do: None, for the page on which one does, unless none may be shown."""
    return login_required(provider, asked) if "none" in prompts(asked.parameters) else None


async def may_be_told(session: AsyncSession, asked: Asked, signed_in: SignedIn) -> bool:
    """Whether a client that wants no page shown learns why not: any other cannot tell that somebody is signed in.

    The house's own do, and one that this person allows something already and that nobody else can pose as.
    """
    if asked.client.built_in:
        return True
    return asked.proves_itself and await consents.knows(session, signed_in, asked.client.client_id)


async def let_in(session: AsyncSession, provider: IdentityProvider, asked: Asked, signed_in: SignedIn) -> Answer:
    """A code for somebody who has signed in; of a program of others only once they have allowed it what it asks for."""
    if refused := refused_person(provider, asked, signed_in):
        return refused
    if asked.client.built_in:
        return await give_code(session, provider, asked, signed_in)
    wish = asked.wish(signed_in)
    if refused := refused_wish(provider, asked, wish):
        return refused
    asks = "consent" in prompts(asked.parameters) or not asked.proves_itself  # RFC 6749 §10.2, RFC 8252 §8.6
    if not asks and await consents.is_allowed(session, signed_in, wish):
        return await give_code(session, provider, asked, signed_in, wish)
    if "none" in prompts(asked.parameters):
        return told(provider, asked, ConsentRequiredError(redirect_uri=asked.redirect_uri))
    return Answer(303, "", {"Location": await consents.ask(session, signed_in, asked.query, wish)})


def refused_person(provider: IdentityProvider, asked: Asked, signed_in: SignedIn) -> Answer | None:
    """Why it cannot be they who go on: another person is meant, or a sign-in of a class that theirs is not."""
    if not asked.is_meant(signed_in.person.id):
        return login_required(provider, asked)
    if any(signed_in.session.acr not in classes for classes in claims.essential_classes(asked.parameters)):
        return told(provider, asked, claims.UnmetError(redirect_uri=asked.redirect_uri))
    return None


def refused_wish(provider: IdentityProvider, asked: Asked, wish: Wish) -> Answer | None:
    """Why this person need not be asked: nothing that they may allow is left, or it opens none of what is named."""
    if not wish.scopes:
        return denied(provider, asked)
    try:
        narrowed(provider.settings, " ".join(wish.scopes), named(asked.parameters))
    except InvalidTargetError as error:
        error.redirect_uri = asked.redirect_uri
        return told(provider, asked, error)
    return None


def scope_of(asked: Asked, wish: Wish) -> str:
    """The scopes asked for as such, of those allowed: one that only covers a claim gives nothing but the claim."""
    named = asked.parameters["scope"].split()
    return " ".join(scope for scope in wish.scopes if scope in named)


async def give_code(
    session: AsyncSession, provider: IdentityProvider, asked: Asked, signed_in: SignedIn, wish: Wish | None = None
) -> Answer:
    """Let Authlib make and answer a code, in the caller's transaction; of a `wish` for what it says and no more."""
    parameters = {**asked.parameters, "scope": scope_of(asked, wish)} if wish else asked.parameters
    if asked.reference and not await use_up(session, provider, asked.reference):
        return await reused(session, asked, signed_in)

    def run(sync_session: SyncSession) -> Answer:
        server, request = Server(provider, asked.client, sync_session), as_request(provider, parameters)
        grant = server.get_authorization_grant(request)
        answer: Answer = server.create_authorization_response(request, signed_in, grant=grant)
        return answer

    return await session.run_sync(run)

"""How a JSON API knows its caller: an access token in the Authorization header, proved where it is bound to a key."""

from starlette.requests import Request

from afterglow_foundation.callers import Authenticator, Caller, Scheme
from afterglow_foundation.dpop import (
    PROOF_ALGORITHMS,
    PROOF_HEADER,
    InvalidProofError,
    SeenProofs,
    hash_of_token,
    read_proof,
)
from afterglow_foundation.errors import BadRequest, Forbidden, NotAuthenticated, Refusal
from afterglow_foundation.tokens import InvalidTokenError, TokenVerifier

PROOF_REFUSED = "proof:refused"


SCHEMES = {scheme.lower(): scheme for scheme in Scheme}
TAKEN = f'algs="{" ".join(PROOF_ALGORITHMS)}"'
EITHER = f"{Scheme.bearer}, {Scheme.dpop} {TAKEN}"


def bearer(verifier: TokenVerifier, *, scope: str) -> Authenticator:
    """An authenticator for a JSON API: a token in the Authorization header, nowhere else.

    Answers None when no token was sent, raises BadRequest where more than one was, NotAuthenticated for a bad one and
    for one that is bound to a key and comes without a proof of it, and Forbidden when the token lacks `scope`, matched
    whole.
    """
    seen = SeenProofs()

    async def authenticate(request: Request) -> Caller | None:
        kind, _, token = sent_credentials(request).partition(" ")
        scheme = SCHEMES.get(kind.lower())
        if scheme is None or not token:
            return None
        try:
            caller = await verifier.verify(token)
        except InvalidTokenError as error:
            raise NotAuthenticated(headers=challenge(scheme, "invalid_token")) from error
        refuse_unbound(caller, scheme)
        if scheme is Scheme.dpop:
            refuse_unproved(request, caller, token, seen)
        if scope not in caller.scopes:
            raise Forbidden(
                "The access token lacks a scope.",
                headers={"WWW-Authenticate": f'{scheme} error="insufficient_scope", scope="{scope}"'},
                refusal=Refusal(action=f"scope:{scope}"),
            )
        return caller

    return authenticate


def sent_credentials(request: Request) -> str:
    """The Authorization header. A token in the address is none (RFC 6750 §2.3): it would stand in logs and histories.

    Raises BadRequest (§3.1) for a request that brings a token in two ways: a program on the way may have looked at the
    other one.
    """
    sent = request.headers.getlist("authorization")
    if len(sent) > 1 or (sent and "access_token" in request.query_params):
        raise BadRequest("Send one access token, in one header.", headers=challenge(Scheme.bearer, "invalid_request"))
    return sent[0] if sent else ""


def challenge(scheme: Scheme, error: str) -> dict[str, str]:
    """Why a token sent that way was not taken, and how proofs are signed that would be."""
    either_way = f"{Scheme.dpop} {TAKEN}" if scheme is Scheme.bearer else TAKEN
    return {"WWW-Authenticate": f'{scheme} error="{error}", {either_way}'}


def refuse_unbound(caller: Caller, scheme: Scheme) -> None:
    """Raise NotAuthenticated for a token that is bound to a key and sent without, and the other way round."""
    if caller.scheme is not scheme:
        raise NotAuthenticated(headers=challenge(Scheme.dpop, "invalid_token"), refusal=refused(caller, "scheme"))


def refuse_unproved(request: Request, caller: Caller, token: str, seen: SeenProofs) -> None:
    """Raise NotAuthenticated unless the request proves the token's key, for this token and for the first time."""
    address = f"{request.app.state.settings.base_url}{request.scope['raw_path'].decode('latin-1')}"
    try:
        proof = read_proof(request.headers.getlist(PROOF_HEADER), request.method, address)
    except InvalidProofError as error:
        raise unproved(caller, str(error)) from error
    if proof.jkt != caller.jkt or proof.ath != hash_of_token(token):
        raise unproved(caller, "The proof is of another key or token.")
    if not seen.take(proof):
        raise unproved(caller, "The proof was used before.")


def unproved(caller: Caller, why: str) -> NotAuthenticated:
    headers = challenge(Scheme.dpop, "invalid_dpop_proof")
    return NotAuthenticated(why, headers=headers, refusal=refused(caller, "proof"))


def refused(caller: Caller, why: str) -> Refusal:
    """What the audit keeps where somebody holds a token and not its key."""
    return Refusal(PROOF_REFUSED, subject_id=caller.id, purpose=why)

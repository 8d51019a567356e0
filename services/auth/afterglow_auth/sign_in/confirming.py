"""Step-up within auth: whoever changes how they sign in has proved who they are a moment ago, by all they have."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from afterglow_foundation.database import RowContext
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.factors.standing import standing
from afterglow_auth.pages import redirect
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.proof import MFA_ACR
from afterglow_auth.sessions.service import SignedIn
from afterglow_auth.sign_in.local import local_path

FRESH = timedelta(minutes=10)
CONFIRM = "/auth/sign-in/confirm"
START = "/auth/security"


async def require_fresh(request: Request, provider: IdentityProvider, signed_in: SignedIn) -> Response | None:
    """None where the person proved who they are within the last ten minutes; else the way to proving it again.

    A password alone does not do where there is a second factor, though it may have been added since.

    It leads back to the address of `request`, which a form should share with the page it stands on.
    """
    if is_fresh(signed_in) and await is_strong(provider, signed_in):
        return None
    query = request.url.query
    here = local_path(request.url.path + (f"?{query}" if query and request.method == "GET" else ""))
    return redirect(f"{CONFIRM}?{urlencode({'next': here or START})}")


def is_fresh(signed_in: SignedIn) -> bool:
    return datetime.now(UTC) - signed_in.session.auth_time <= FRESH


async def is_strong(provider: IdentityProvider, signed_in: SignedIn) -> bool:
    """Whether this session has shown a second factor, or there is none."""
    if signed_in.session.acr == MFA_ACR:
        return True
    async with provider.database.unit_of_work(RowContext.of(signed_in.caller)) as session:
        return not (await standing(session, signed_in.person)).has_second

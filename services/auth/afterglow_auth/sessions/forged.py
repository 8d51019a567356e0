"""Forged forms in the audit, where it is known in whose session they came."""

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from starlette.requests import Request

from afterglow_auth.audit import Verb, record
from afterglow_auth.browser import read_cookie
from afterglow_auth.digests import Purpose
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.service import find_live


async def record_forged(request: Request, provider: IdentityProvider, verb: Verb) -> None:
    """Keep that a form was refused. Without a live session nothing is kept: anybody could send any number of those."""
    cookie = read_cookie(request, provider.settings)
    if cookie is None:
        return
    async with provider.database.unit_of_work(RowContext()) as session:
        signed_in = await find_live(session, provider.digests.of(Purpose.session, cookie))
        if signed_in:
            await record(
                session,
                verb,
                signed_in.caller,
                object_id=signed_in.session.id,
                subject_id=signed_in.person.id,
                purpose="forged_form",
                outcome=Outcome.refused,
            )

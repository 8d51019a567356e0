"""Refused client authentication in the audit."""

import time

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext

from afterglow_auth.audit import Verb, record
from afterglow_auth.provider import IdentityProvider

KEPT_EVERY = 60.0


async def record_refused_client(provider: IdentityProvider, verb: Verb, client_id: str) -> None:
    """Keep the refusal of a registered client, in a transaction of its own.

    At most one of a kind per client and minute in each process: whoever names a client need not be it, and the audit
    is never shortened.
    """
    now, last = time.monotonic(), provider.refusals_kept.get((verb, client_id))
    if last is not None and now - last < KEPT_EVERY:
        return
    provider.refusals_kept[verb, client_id] = now
    async with provider.database.unit_of_work(RowContext()) as session:
        await record(session, verb, purpose=client_id, outcome=Outcome.refused)

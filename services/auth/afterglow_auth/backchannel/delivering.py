"""Telling a program that a session is over (OpenID Connect Back-Channel Logout 1.0), when its job comes up."""

import time
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx
import structlog
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import HopelessError, Job, NotNowError, line_before
from afterglow_foundation.outgoing import CheckedTransport, ForbiddenAddressError, post_form

from afterglow_auth.oauth.models import OAuthClient
from afterglow_auth.oauth.signing_keys import Signer
from afterglow_auth.provider import IdentityProvider

logger = structlog.get_logger()
LOGOUT_TOKEN = "logout+jwt"  # noqa: S105  # a type's name
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = 120  # seconds: the specification's longest
AT_ONCE_FOR_ONE = 2  # of all that may be told at once, in all copies together
FOR_EACH_BEFORE, LONGEST_PAUSE = timedelta(seconds=0.5), timedelta(minutes=1)  # before it looks again
TAKEN = {HTTPStatus.OK, HTTPStatus.NO_CONTENT}  # §2.8: some frameworks make the one of the other


class NotTakenError(Exception):
    """The program answered, and has not ended its session."""


async def tell_program(
    provider: IdentityProvider, database: Database, job: Job, transport: httpx.AsyncBaseTransport | None = None
) -> None:
    """The handler of `tell_program_of_session_end` jobs; `database` is the worker role's.

    Raises HopelessError where no further try can help, NotNowError where the program is being told of others already,
    anything else where a further try may help.
    """
    await wait_in_line(database, job)
    async with database.unit_of_work(RowContext()) as session:
        client = await session.get(OAuthClient, job.payload["client"])
    address = client.backchannel_logout_uri if client and not client.disabled_at else None
    if address is None:
        logger.info("program need not be told any more", client_id=job.payload["client"], job_id=job.id)
        return
    token = logout_token(provider.settings.issuer, await provider.keys.signer(), job.payload)
    try:
        status = await post_form(address, {"logout_token": token}, transport or transport_of(provider))
    except ForbiddenAddressError as error:
        raise HopelessError from error
    if status not in TAKEN:
        logger.warning("program did not take a session's end", client_id=job.payload["client"], status=status)
        raise NotTakenError
    logger.info("program told of a session's end", client_id=job.payload["client"], job_id=job.id)


async def wait_in_line(database: Database, job: Job) -> None:
    """Raise NotNowError where this program has as much room as one may: those who answer need not wait for it."""
    async with database.autocommitting() as connection:
        line = await line_before(connection, job, "client")
    if line.running >= AT_ONCE_FOR_ONE:
        raise NotNowError(min(line.before * FOR_EACH_BEFORE, LONGEST_PAUSE))


def logout_token(issuer: str, signer: Signer, about: dict[str, Any]) -> str:
    """A token of its own for each try: it is short-lived, and a program that keeps its `jti` may refuse a second."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": about["client"],
        "iat": now,
        "exp": now + LIFETIME,
        "jti": str(new_id()),
        "sub": about["person"],
        "sid": about["session"],
        "events": {EVENT: {}},
    }
    return signer.sign(claims, LOGOUT_TOKEN)


def transport_of(provider: IdentityProvider) -> CheckedTransport:
    return CheckedTransport(loopback=provider.settings.environment == "development")

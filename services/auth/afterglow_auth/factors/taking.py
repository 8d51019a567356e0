"""Taking every factor of somebody away at once. Whoever does so tells them, and takes care of the password."""

from afterglow_foundation.callers import Caller
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.passkeys.service import kind_of
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.totp.models import TotpSecret


async def take_all_away(session: AsyncSession, person: Person, *, caller: Caller | None = None) -> None:
    """Passkeys, authenticator app and recovery codes of a person, whom the caller has locked."""
    passkeys = delete(Passkey).where(col(Passkey.person_id) == person.id).returning(Passkey)
    for passkey in (await session.scalars(passkeys.execution_options(synchronize_session=False))).all():
        await outbox.credential_changed(session, person.id, kind_of(passkey), "revoke")
        await record(session, Verb.passkey_removed, caller, object_id=passkey.id, subject_id=person.id)
    apps = delete(TotpSecret).where(col(TotpSecret.person_id) == person.id).returning(TotpSecret)
    for app in (await session.scalars(apps.execution_options(synchronize_session=False))).all():
        if app.confirmed_at:
            await outbox.credential_changed(session, person.id, "app", "revoke")
            await record(session, Verb.totp_removed, caller, object_id=app.id, subject_id=person.id)
    await recovery_codes.remove(session, person, caller=caller)

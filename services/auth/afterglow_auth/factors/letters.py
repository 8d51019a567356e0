"""What people are told by mail when a way to prove who they are comes, goes or is used up."""

from afterglow_design.languages import lazy
from sqlalchemy import func, select
from sqlmodel import col

from afterglow_auth.mail.letters import Context, Letter, Writing
from afterglow_auth.recovery_codes.models import RecoveryCode


async def write_code_used(writing: Writing) -> Context:
    """How many are left by now."""
    unused = select(func.count()).where(col(RecoveryCode.person_id) == writing.to, col(RecoveryCode.used_at).is_(None))
    return {"left": await writing.session.scalar(unused) or 0}


APP_ADDED = Letter("app_added", lazy("An authenticator app was set up for your account"))
APP_REMOVED = Letter("app_removed", lazy("An authenticator app was taken away from your account"))
CODES_GUESSED = Letter("codes_guessed", lazy("Somebody entered wrong codes for your account"))
CODE_USED = Letter("code_used", lazy("A recovery code was used for your account"), write_code_used)
CODES_MADE = Letter("codes_made", lazy("New recovery codes were made for your account"))
PASSKEY_ADDED = Letter("passkey_added", lazy("A passkey was added to your account"))
PASSKEY_REMOVED = Letter("passkey_removed", lazy("A passkey was taken away from your account"))

"""What people are told when all their ways in are to be taken away."""

from datetime import UTC, datetime, timedelta
from functools import partial

from afterglow_design.dates import moment
from afterglow_design.languages import lazy
from sqlalchemy import select
from sqlmodel import col

from afterglow_auth.digests import Purpose
from afterglow_auth.factor_resets.models import FactorReset, FactorResetState
from afterglow_auth.links.doors import RESET
from afterglow_auth.links.letters import write_link
from afterglow_auth.links.tokens import token_of
from afterglow_auth.mail.letters import Context, Letter, Writing
from afterglow_auth.security.notices.models import NoticeChange

PATH = "/auth/objection"
LATELY = timedelta(days=7)


async def write_notice(writing: Writing) -> Context | None:
    """The link by which they object, and when it is carried out if they do not. Nothing once it has ended."""
    found = await writing.session.get(FactorReset, writing.about)
    person = writing.person
    if found is None or found.state != FactorResetState.open or person is None or found.person_id != person.id:
        return None
    return {
        "due": f"{moment(found.due_at, person.time_zone)} ({person.time_zone})",
        "link": writing.link(PATH, token=token_of(writing.digests, Purpose.objection, found)),
    }


async def moved_lately(writing: Writing) -> NoticeChange | None:
    """The first time in these days that the person's letters were led elsewhere."""
    asked = select(NoticeChange).where(
        col(NoticeChange.person_id) == writing.to, col(NoticeChange.used_at) > datetime.now(UTC) - LATELY
    )
    return await writing.session.scalar(asked.order_by(col(NoticeChange.used_at)).limit(1))


async def write_notice_before(writing: Writing) -> Context | None:
    """The same for where letters went before, if that changed lately.

    Whoever got hold of somebody's session could lead their letters away first and then ask for the reset: the one who
    would object must hear of it.
    """
    return await write_notice(writing) if await moved_lately(writing) else None


async def address_before(writing: Writing) -> str | None:
    change = await moved_lately(writing)
    return (change.before or writing.person.email) if change and writing.person else None


async def write_objection(writing: Writing) -> Context | None:
    return None if writing.person is None or writing.person.disabled_at else {}


FACTOR_RESET_ASKED = Letter("factor_reset_asked", lazy("Did you ask for this?"), write_notice)
FACTOR_RESET_ASKED_BEFORE = Letter(
    "factor_reset_asked_before",
    FACTOR_RESET_ASKED.subject,
    write_notice_before,
    address_before,
    same_as=FACTOR_RESET_ASKED.name,
)
FACTOR_RESET_OBJECTED = Letter("factor_reset_objected", lazy("Somebody objected to a reset"), write_objection)
FACTORS_RESET = Letter("factors_reset", lazy("Please choose how you sign in"), partial(write_link, RESET))

"""What the code flow asks of the database: to give a code, to find it, to redeem it.

Made once: building such a statement anew, with its key in SQLAlchemy's cache, costs as much as running it.
"""

from afterglow_foundation.database import insert_as, values_as
from sqlalchemy import DateTime, LargeBinary, String, Uuid, bindparam, func, insert, literal, or_, select, true, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import AuditEvent
from afterglow_auth.oauth.families import is_registered
from afterglow_auth.oauth.models import Authorization, OAuthClient, RefreshToken
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import is_live

NOW = bindparam("now", type_=DateTime(timezone=True))
BY_CODE = (
    select(Authorization)
    .join(OAuthClient, col(OAuthClient.client_id) == col(Authorization.client_id))
    .where(
        col(Authorization.code_hash) == bindparam("code_hash"),
        col(Authorization.client_id) == bindparam("client_id"),
        col(OAuthClient.disabled_at).is_(None),
        is_registered(),
    )
)
OF_USE = BY_CODE.with_only_columns(col(Authorization.id)).where(
    or_(col(Authorization.code_used_at).is_not(None), col(Authorization.code_expires_at) > NOW),
    col(Authorization.revoked_at).is_(None),
)
HOLD_PERSON = (
    select(Person)
    .join(Session, col(Session.person_id) == col(Person.id))
    .where(
        col(Person.id) == bindparam("whose", type_=Uuid),
        col(Person.disabled_at).is_(None),
        col(Session.id) == bindparam("begun_in", type_=Uuid),
        is_live(NOW),
    )
    .with_for_update(read=True, of=Session)
)
HELD = HOLD_PERSON.cte("held")
FIRST = bindparam("first_hash", type_=LargeBinary)
REDEEMED = (
    update(Authorization)
    .where(
        col(Authorization.id) == bindparam("given", type_=Uuid),
        col(Authorization.code_used_at).is_(None),
        col(Authorization.code_expires_at) > NOW,
        col(Authorization.revoked_at).is_(None),
        select(func.count()).select_from(HELD).scalar_subquery() >= 0,  # the session's row before the authorization's
    )
    .values(code_used_at=NOW, refresh_jkt=bindparam("bound_to", type_=String))
    .returning(col(Authorization.id))
    .cte("redeemed")
)
BEGUN = insert(RefreshToken).from_select(
    ["token_hash", "authorization_id", "created_at"],
    select(FIRST, REDEEMED.c.id, NOW).where(FIRST.is_not(None)),
    include_defaults=False,
)
# In one statement: the person is held, the code used up, the family's first refresh token stored if there is to be one.
# No parameter has a column's name: SQLAlchemy would take it for one to be set.
REDEEM = (
    select(REDEEMED.c.id, aliased(Person, HELD))
    .select_from(select(literal(1)).subquery("one").outerjoin(REDEEMED, true()).outerjoin(HELD, true()))
    .add_cte(BEGUN.cte("begun"))
)
AUTHORIZE = insert_as("given", Authorization).add_cte(insert_as("told", AuditEvent).cte("told"))
HAPPENS_LATER = ("code_used_at", "refresh_jkt", "revoked_at", "revoked_because")
NOT_YET = values_as("given", dict.fromkeys(HAPPENS_LATER))

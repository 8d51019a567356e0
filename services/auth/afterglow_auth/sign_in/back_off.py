"""Back-off: after a few quick failures each further try waits longer, up to minutes and never for good.

Before a second factor, to which only whoever has the password comes, many failures make it up to an hour.

A try is counted before the password is looked at, by one atomic upsert, so that many at once cannot slip through; a
try that comes too soon is refused without being counted, so that nobody can prolong the wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from afterglow_foundation.database import Database
from afterglow_foundation.single_statement import Found
from sqlalchemy import ARRAY, DateTime, Integer, Interval, LargeBinary, String, bindparam, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col

from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.sign_in.models import SignInTries

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(hours=1)
MANY = 20
FREE_TRIES_OF_AN_ACCOUNT = 5
FREE_TRIES_OF_AN_ADDRESS = 20  # a household or a waiting room may share one
Connection = AsyncConnection | AsyncSession

# Both keys of a sign-in in one statement, in the order in which they are given. Where one has to wait none is counted,
# so that it needs no transaction around it. With an address, whose it would be: one round trip less for a password.
COUNT = text("""
    WITH tried AS (
        SELECT key, place FROM unnest(:keys) WITH ORDINALITY AS tried (key, place)
    ), waiting AS MATERIALIZED (
        SELECT key, waits_until FROM tried JOIN sign_in_tries USING (key) WHERE waits_until > :now
    ), counted AS (
        INSERT INTO sign_in_tries AS tries (key, failures, tried_at)
        SELECT key, 1, :now FROM tried WHERE NOT EXISTS (SELECT FROM waiting) ORDER BY place
        ON CONFLICT (key) DO UPDATE SET
            failures = CASE WHEN tries.tried_at < :forgotten THEN 1 ELSE tries.failures + 1 END,
            tried_at = :now,
            waits_until = CASE
                WHEN tries.tried_at >= :forgotten AND tries.failures + 1 >= (:free)[array_position(:keys, tries.key)]
                THEN :now + least(
                    CASE WHEN tries.failures + 1 < :many THEN :longest ELSE :longest_of_many END,
                    :first * power(2, least(tries.failures + 1 - (:free)[array_position(:keys, tries.key)], 20))
                ) END
        WHERE tries.waits_until IS NULL OR tries.waits_until <= :now
        RETURNING key
    )
    SELECT ARRAY(SELECT key FROM counted) AS counted, people.id, people.password_hash
    FROM (SELECT) AS always LEFT JOIN people ON lower(people.email) = lower(:email)
""").bindparams(
    bindparam("keys", type_=ARRAY(LargeBinary)),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("forgotten", type_=DateTime(timezone=True)),
    bindparam("free", type_=ARRAY(Integer)),
    bindparam("many", type_=Integer),
    bindparam("longest", type_=Interval),
    bindparam("longest_of_many", type_=Interval),
    bindparam("first", type_=Interval),
    bindparam("email", type_=String),
)
WAITING = text("""
    SELECT key, waits_until FROM sign_in_tries WHERE key = ANY(:keys) AND waits_until > :now
    ORDER BY array_position(:keys, key) LIMIT 1
""").bindparams(bindparam("keys", type_=ARRAY(LargeBinary)), bindparam("now", type_=DateTime(timezone=True)))


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the longest wait is, before MANY failures and from then on, and after what rest all are forgotten.

    What is forgotten sooner than the longest wait is over would begin afresh each time.
    """

    longest: timedelta = LONGEST_WAIT
    longest_of_many: timedelta = LONGEST_WAIT
    forgotten_after: timedelta = FORGOTTEN_AFTER


WAITS = Waits()
WAITS_OF_SECOND_FACTOR = Waits(longest_of_many=timedelta(hours=1), forgotten_after=timedelta(days=1))


class TooSoonError(Exception):
    """The next try under `key` may come after `wait`."""

    def __init__(self, key: bytes, wait: timedelta) -> None:
        super().__init__("too many tries")
        self.key = key
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Tries:
    """The two keys under which one try counts."""

    account: bytes
    address: bytes

    @classmethod
    def of(cls, digests: Digests, email: str, network: str) -> "Tries":
        return cls(digests.of(Purpose.account_tries, email.strip().lower()), digests.of(Purpose.address_tries, network))


async def take(database: Database, tries: Tries, email: str) -> Found | None:
    """Count a try under both keys, committed before the password is hashed; id and password hash of that address.

    None where there is no such account. Raises TooSoonError.
    """
    free = {tries.address: FREE_TRIES_OF_AN_ADDRESS, tries.account: FREE_TRIES_OF_AN_ACCOUNT}
    now = datetime.now(UTC)
    [found] = await database.single_statement(COUNT, counting(free, WAITS, now, email))
    if len(found.counted) < len(free):
        async with database.autocommitting() as connection:
            await refuse(connection, free, set(found.counted), now)
    return found if found.id else None


async def count(connection: Connection, key: bytes, free: int, waits: Waits = WAITS) -> None:
    """Count a try under one key. Raises TooSoonError."""
    await count_each(connection, {key: free}, waits)


async def count_each(connection: Connection, free: Mapping[bytes, int], waits: Waits = WAITS) -> None:
    """Count a try under each key, which has so many free ones.

    Raises TooSoonError for the first that has to wait; the try has then been counted under none.
    """
    now = datetime.now(UTC)
    counted = (await connection.execute(COUNT, counting(free, waits, now))).scalars().one()
    if len(counted) < len(free):
        await refuse(connection, free, set(counted), now)


def counting(free: Mapping[bytes, int], waits: Waits, now: datetime, email: str | None = None) -> dict[str, Any]:
    """The parameters of COUNT."""
    return {
        "keys": list(free),
        "now": now,
        "forgotten": now - waits.forgotten_after,
        "free": list(free.values()),
        "many": MANY,
        "longest": waits.longest,
        "longest_of_many": waits.longest_of_many,
        "first": FIRST_WAIT,
        "email": email,
    }


async def refuse(connection: Connection, free: Mapping[bytes, int], counted: set[bytes], now: datetime) -> NoReturn:
    """Raise TooSoonError for the key that has to wait; what was counted under others is taken back."""
    for key in counted:  # the other began to wait in the same moment
        await give_back(connection, key)
    waiting = (await connection.execute(WAITING, {"keys": list(free), "now": now})).first()
    key, until = waiting or (next(key for key in free if key not in counted), now)  # cleared in between
    raise TooSoonError(key, max(until - now, timedelta(seconds=1)))


async def is_first_in(session: AsyncSession, key: bytes, period: timedelta) -> bool:
    """True once in each period, of however many at once; `key` counts nothing else."""
    now = datetime.now(UTC)
    first = insert(SignInTries).values(key=key, failures=1, tried_at=now)
    again = first.on_conflict_do_update(
        index_elements=["key"], set_={"tried_at": now}, where=col(SignInTries.tried_at) < now - period
    )
    return await session.scalar(again.returning(col(SignInTries.key))) is not None


async def is_first_refusal(session: AsyncSession, key: bytes) -> bool:
    """True once in each wait, of however many at once: what tells of refusals must not grow with every one."""
    first = (
        update(SignInTries)
        .where(
            col(SignInTries.key) == key,
            col(SignInTries.waits_until) > datetime.now(UTC),
            col(SignInTries.noted_until).is_distinct_from(col(SignInTries.waits_until)),
        )
        .values(noted_until=col(SignInTries.waits_until))
        .returning(col(SignInTries.key))
    )
    return await session.scalar(first) is not None


# The address in a part of its own that the rest waits for: in the other order than `take`'s two of them could wait for
# each other's rows.
CLEAR = text("""
    WITH given_back AS MATERIALIZED (
        UPDATE sign_in_tries SET failures = greatest(failures - 1, 0), waits_until = NULL WHERE key = :address
        RETURNING key
    )
    DELETE FROM sign_in_tries WHERE key = :account AND (SELECT count(*) FROM given_back) >= 0
""").bindparams(bindparam("address", type_=LargeBinary), bindparam("account", type_=LargeBinary))
GIVE_BACK = (
    update(SignInTries)
    .where(col(SignInTries.key) == bindparam("given_back"))
    .values(failures=func.greatest(col(SignInTries.failures) - 1, 0), waits_until=None)
    .execution_options(synchronize_session=False)
)


async def clear(session: AsyncSession, tries: Tries) -> None:
    """After a success: the account starts afresh, and the address takes back this one try.

    Only this one, or somebody with an account of their own could clear an address between guesses at others'.
    """
    await session.execute(CLEAR, {"address": tries.address, "account": tries.account})


async def give_back(connection: Connection, key: bytes) -> None:
    """Take one try back that turned out to be none."""
    await connection.execute(GIVE_BACK, {"given_back": key})

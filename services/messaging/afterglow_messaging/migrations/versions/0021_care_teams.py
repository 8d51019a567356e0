"""A conversation of a client's care team: it has no therapist of its own, and whoever treats the client is in it.

A therapist reads what was written there while they treated that client, and nothing from before or after it but their
own words: where they learned late that their care had ended, these were stored.

That the caller's account lives, the policies of a conversation ask of a function from now on: written into each of
them it brought the policy of `people` along, and with that half of the plan of sending and of delivering a message.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

APP, WORKER, OWNER = "messaging_app", "messaging_worker", "messaging_owner"
TEAMS_ARE_ON = """EXISTS (
    SELECT FROM public.practice WHERE practice.document @> '{"care_team_conversations": true}'
)"""
LIVE = "(SELECT caller_is_live())"  # in a subquery, so that it is asked once for a statement
NOW = "care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > now())"
LATELY = "care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > now() - interval '14 days')"

# As they were, for the way back.
BEFORE_LIVE = f"""EXISTS (
    SELECT FROM people WHERE people.id = {PERSON} AND people.role = {ROLE} AND people.disabled_at IS NULL
)"""
OWN_PAIR = f"({ROLE} = 'client' AND client_id = {PERSON} OR {ROLE} = 'therapist' AND therapist_id = {PERSON})"
CARE_OF_PAIR = """EXISTS (
    SELECT FROM public.care_relationships AS care
    WHERE care.client_id = conversations.client_id AND care.therapist_id = conversations.therapist_id AND {}
)"""
BEFORE_READABLE = f"""({BEFORE_LIVE} AND ({ROLE} = 'client' AND client_id = {PERSON}
    OR {ROLE} = 'therapist' AND therapist_id = {PERSON} AND {CARE_OF_PAIR.format(LATELY)}))"""
BEFORE_OPEN = CARE_OF_PAIR.format(NOW)

# A therapist's own care with the client decides, in their own conversation and in the team's alike.
# Whom they treat is one list for a statement, so that only their own clients' conversations are looked at.
READABLE = f"""({LIVE} AND ({ROLE} = 'client' AND client_id = {PERSON}
    OR {ROLE} = 'therapist' AND (therapist_id IS NULL OR therapist_id = {PERSON}) AND client_id = ANY (ARRAY(
        SELECT care.client_id FROM public.care_relationships AS care WHERE care.therapist_id = {PERSON} AND {LATELY}
    ))))"""  # noqa: S608  # constants of ours
OPEN = f"""EXISTS (
    SELECT FROM public.care_relationships AS care
    WHERE care.client_id = conversations.client_id AND {NOW}
      AND (care.therapist_id = conversations.therapist_id
           OR conversations.therapist_id IS NULL AND ({ROLE} = 'client' OR care.therapist_id = {PERSON})
           AND {TEAMS_ARE_ON})
)"""
OWN = f"""({ROLE} = 'client' AND client_id = {PERSON}
    OR {ROLE} = 'therapist' AND (therapist_id IS NULL OR therapist_id = {PERSON}))"""
IN_THEIR_TIME = f"""EXISTS (
    SELECT FROM public.care_relationships AS care
    WHERE care.client_id = conversations.client_id AND care.therapist_id = {PERSON}
      AND care.started_at <= messages.sent_at AND (care.ended_at IS NULL OR care.ended_at >= messages.sent_at)
)"""


def of_conversation(column: str, condition: str = "true") -> str:
    """The subquery is under row-level security itself: a conversation is seen by those who are in it alone."""
    return f"EXISTS (SELECT FROM public.conversations WHERE conversations.id = {column} AND {condition})"


SHOWN = of_conversation(
    "messages.conversation_id",
    f"(therapist_id IS NOT NULL OR {PERSON} IN (client_id, messages.sender_id) OR {IN_THEIR_TIME})",
)
EMPTY = "last_sequence = 0 AND last_message_at IS NULL"
BEGUN = "(care.ended_at IS NULL OR care.ended_at > now())"
FROM_CARE = CARE_OF_PAIR.format(BEGUN)
FROM_TWO = f"""therapist_id IS NULL AND {TEAMS_ARE_ON} AND 1 < (
    SELECT count(DISTINCT care.therapist_id) FROM public.care_relationships AS care
    WHERE care.client_id = conversations.client_id AND {BEGUN}
)"""  # noqa: S608  # constants of ours
ANSWERED = f"""therapist_id = {PERSON} AND {ROLE} = 'therapist' AND EXISTS (
    SELECT FROM conversations
    WHERE conversations.id = conversation_id
      AND (conversations.therapist_id IS NULL OR conversations.therapist_id = {PERSON})
)"""
BEFORE_ANSWERED = f"""therapist_id = {PERSON} AND EXISTS (
    SELECT FROM conversations WHERE conversations.id = conversation_id AND conversations.therapist_id = {PERSON}
)"""
# What the functions below see as their owner, who has no other door: they themselves say of whom, and to whom.
OWNERS = {
    "care_relationships": f"{PERSON} IS NOT NULL",
    "conversations": f"""EXISTS (
        SELECT FROM care_relationships AS care
        WHERE care.therapist_id = conversations.therapist_id AND {PERSON} IN (care.client_id, care.therapist_id)
    ) OR conversations.therapist_id IS NULL AND EXISTS (
        SELECT FROM care_relationships AS care
        WHERE care.client_id = conversations.client_id AND {PERSON} IN (care.client_id, care.therapist_id)
    )""",  # noqa: S608  # constants of ours
}
BEFORE_OWNERS = {
    "care_relationships": f"{PERSON} IN (client_id, therapist_id)",
    "conversations": """EXISTS (
        SELECT FROM care_relationships AS care WHERE care.therapist_id = conversations.therapist_id
    )""",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.alter_column("conversations", "therapist_id", nullable=True)
    alone = sa.text("therapist_id IS NULL")
    op.create_index("ix_conversations_care_team", "conversations", ["client_id"], unique=True, postgresql_where=alone)
    create_caller_is_live()
    set_policies(live=LIVE, readable=READABLE, own=OWN, opened=OPEN, shown=SHOWN, answered=ANSWERED, owners=OWNERS)
    set_policy("conversations", "insert", WORKER, check=f"{EMPTY} AND ({FROM_CARE} OR {FROM_TWO})")
    op.execute(
        f"CREATE POLICY grants_select_{OWNER} ON grants FOR SELECT TO {OWNER} "
        f"USING (kind = 'cover' AND {PERSON} IS NOT NULL)"
    )
    create_care_team()
    create_care_team_covers()


def downgrade() -> None:
    """Only while nobody has such a conversation."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION care_team_covers(uuid)")
    op.execute("DROP FUNCTION care_team(uuid)")
    op.execute(f"DROP POLICY grants_select_{OWNER} ON grants")
    set_policy("conversations", "insert", WORKER, check=f"{EMPTY} AND {FROM_CARE}")
    set_policies(
        live=BEFORE_LIVE,
        readable=BEFORE_READABLE,
        own=OWN_PAIR,
        opened=BEFORE_OPEN,
        shown=of_conversation("conversation_id"),
        answered=BEFORE_ANSWERED,
        owners=BEFORE_OWNERS,
    )
    op.execute("DROP FUNCTION caller_is_live()")
    op.drop_index("ix_conversations_care_team", "conversations")
    op.alter_column("conversations", "therapist_id", nullable=False)


def set_policies(
    *, live: str, readable: str, own: str, opened: str, shown: str, answered: str, owners: dict[str, str]
) -> None:
    """Every policy that knew a conversation by its two people: who reads it, and who writes in it."""
    writable = f"({own} AND {live} AND {opened})"
    mine = f"sender_id = {PERSON}"
    set_policy("conversations", "select", APP, using=readable)
    set_policy("conversations", "insert", APP, check=writable)
    set_policy("conversations", "update", APP, using=writable, check=writable)
    change = f"{mine} AND {of_conversation('conversation_id', f'{own} AND {opened}')}"
    set_policy("messages", "select", APP, using=shown)
    set_policy("messages", "insert", APP, check=f"{mine} AND {of_conversation('conversation_id', writable)}")
    set_policy("messages", "update", APP, using=f"withdrawn_at IS NULL AND {change}", check=change)
    version_of_own = f"""EXISTS (
        SELECT FROM public.messages
        WHERE messages.conversation_id = message_versions.conversation_id
          AND messages.id = message_versions.message_id AND messages.withdrawn_at IS NULL
          AND messages.sender_id = {PERSON}
          AND message_versions.written_at <= messages.sent_at + interval '15 minutes'
    )"""
    in_open = of_conversation("message_versions.conversation_id", f"{own} AND {opened}")
    set_policy("message_versions", "insert", APP, check=f"{version_of_own} AND {in_open}")
    key = f"owner_id = {PERSON} AND {ROLE} = 'therapist' AND {live}"
    set_policy("keys.data_keys", "insert", APP, check=f"{of_conversation('owner_id', opened)} OR {key}")
    unsent = f"{mine} AND message_id IS NULL AND quarantined_at IS NULL"
    into_open = of_conversation("conversation_id", opened)
    set_policy("attachments", "insert", APP, check=f"{unsent} AND finished_at IS NULL AND {into_open}")
    set_policy("attachments", "update", APP, using=f"{unsent} AND {into_open}")
    set_policy("scheduled_messages", "insert", APP, check=f"{mine} AND {into_open}")
    set_policy("no_answers_needed", "select", APP, using=answered)
    set_policy("no_answers_needed", "insert", APP, check=answered)
    set_policy("no_answers_needed", "update", APP, using=answered, check=answered)
    for table, rows in owners.items():
        set_policy(table, "select", OWNER, using=rows)


def set_policy(table: str, command: str, role: str, *, using: str | None = None, check: str | None = None) -> None:
    name = f"{table.rsplit('.', maxsplit=1)[-1]}_{command}_{role}"
    clauses = [f"USING ({using})"] if using else []
    clauses += [f"WITH CHECK ({check})"] if check else []
    op.execute(f"ALTER POLICY {name} ON {table} {' '.join(clauses)}")


def create_caller_is_live() -> None:
    """Under the caller's own row policies, with a plan that each connection keeps."""
    op.execute(f"""
        CREATE FUNCTION caller_is_live() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
        BEGIN
            RETURN EXISTS (
                SELECT FROM public.people
                WHERE people.id = {PERSON} AND people.role = {ROLE} AND people.disabled_at IS NULL
            );
        END $$
    """)
    let_the_app_call("caller_is_live()")


def create_care_team() -> None:
    """Who is or was in the conversation of a client's care team, one row for each care, for whoever is in it.

    The client sees all of it; a therapist who may read the conversation sees those who were in it at the same time.
    """
    op.execute(f"""
        CREATE FUNCTION care_team(client uuid)
        RETURNS TABLE (therapist_id uuid, name varchar, started_at timestamptz, ended_at timestamptz, as_of timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER ROWS 3 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT care.therapist_id, people.name, care.started_at, care.ended_at, care.as_of
            FROM conversations AS team
            JOIN care_relationships AS care ON care.client_id = team.client_id
            JOIN people ON people.id = care.therapist_id
            WHERE team.client_id = client AND team.therapist_id IS NULL
              AND care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > team.created_at)
              AND ({ROLE} = 'client' AND client = {PERSON}
                   OR {ROLE} = 'therapist' AND EXISTS (
                        SELECT FROM care_relationships AS mine
                        WHERE mine.client_id = client AND mine.therapist_id = {PERSON} AND mine.started_at <= now()
                          AND (mine.ended_at IS NULL OR mine.ended_at > now() - interval '14 days')
                   ) AND EXISTS (
                        SELECT FROM care_relationships AS mine
                        WHERE mine.client_id = client AND mine.therapist_id = {PERSON}
                          AND (care.ended_at IS NULL OR mine.started_at <= care.ended_at)
                          AND (mine.ended_at IS NULL OR care.started_at <= mine.ended_at)
                   ));
        END
    """)  # noqa: S608  # constants of ours
    let_the_app_call("care_team(uuid)")


def create_care_team_covers() -> None:
    """Who stands in for somebody of a client's care team, cut to that one's care; for the same people."""
    op.execute("""
        CREATE FUNCTION care_team_covers(client uuid)
        RETURNS TABLE (covered_id uuid, covered_name varchar, covering_id uuid, covering_name varchar,
                       starts_at timestamptz, ends_at timestamptz, as_of timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER ROWS 3 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT member.therapist_id, member.name, cover.therapist_id, covering.name,
                   greatest(cover.starts_at, member.started_at), least(cover.ends_at, member.ended_at), cover.as_of
            FROM care_team(client) AS member
            JOIN grants AS cover ON cover.client_id = client AND cover.covered_id = member.therapist_id
            JOIN people AS covering ON covering.id = cover.therapist_id
            WHERE cover.kind = 'cover'
              AND greatest(cover.starts_at, member.started_at) < least(cover.ends_at, member.ended_at);
        END
    """)
    let_the_app_call("care_team_covers(uuid)")


def let_the_app_call(function: str) -> None:
    op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")

"""Who may see an entry (DOMAIN §4)."""

from enum import StrEnum


class Visibility(StrEnum):
    """`next_session` is the client's alone until a session releases it."""

    next_session = "next_session"
    only_me = "only_me"
    therapist = "therapist"

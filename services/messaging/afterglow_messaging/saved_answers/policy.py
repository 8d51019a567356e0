"""Whose saved answers: one's own; row-level security holds the same rule below."""

from afterglow_foundation.callers import Caller
from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_messaging.saved_answers.models import SavedAnswer


def answers_of(caller: Caller) -> Select[SavedAnswer]:
    return select(SavedAnswer).where(col(SavedAnswer.therapist_id) == caller.person)

"""A client's tasks, in the order in which they were assigned, and the marks that stand."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_portal.tasks.models import Task, TaskMark


def tasks_of(client: UUID) -> Select[Task]:
    return select(Task).where(col(Task.client_id) == client).order_by(col(Task.made_at), col(Task.id))


def marks_of(client: UUID) -> Select[TaskMark]:
    standing = col(TaskMark.client_id) == client, col(TaskMark.withdrawn_at).is_(None)
    return select(TaskMark).where(*standing)

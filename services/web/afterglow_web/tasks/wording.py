"""Words of a task: how much it is, and how often it was done. Nothing here praises, and nothing reproaches."""

from collections.abc import Callable
from datetime import date

from afterglow_design.languages import _, ngettext

from afterglow_web.tasks.records import Adherence, Day, Task


def task_plan_words(task: Task) -> str:
    """How long, how often, on how many days."""
    minutes = ngettext("One minute", "%(num)s minutes", task.minutes)
    often = ngettext("once a day", "twice a day", task.times_a_day)
    days = ngettext("on the day after the dose", "on the %(num)s days after the dose", task.days)
    return _("%(minutes)s, %(often)s, %(days)s", minutes=minutes, often=often, days=days)


def adherence_words(one: Adherence) -> str:
    """How often it was done of how often it was due."""
    if not one.due:
        return _("not due yet")
    return _("%(done)s of %(due)s done", done=one.done, due=one.due)


def task_day_words(one: Day, today: date) -> str:
    """What is known of one day; where nothing is marked it says just that."""
    if one.done:
        return (
            _("marked as done")
            if one.done == one.due
            else _("done %(done)s of %(due)s times", done=one.done, due=one.due)
        )
    if one.date > today:
        return _("to come")
    return _("not marked yet") if one.date == today else _("not marked")


FILTERS: dict[str, Callable[..., object]] = {
    "adherence_words": adherence_words,
    "task_day_words": task_day_words,
    "task_plan_words": task_plan_words,
}

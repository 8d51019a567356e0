"""Work that is promised in a transaction and done afterwards, on the service's own database (pgqueuer).

Importing this costs some 60 ms: only services that have jobs do. A job runs **at least once**: it is taken by one
worker at a time, but one that ended without saying so (killed, cut off) is taken again. So a handler must bear being
run twice, and what it sends may arrive twice.
"""

from afterglow_foundation.jobs.counting import JobCount, count
from afterglow_foundation.jobs.enqueueing import enqueue, enqueue_each
from afterglow_foundation.jobs.handling import Handler, HopelessError, Job, NotNowError, Patience
from afterglow_foundation.jobs.lines import Line, line_before
from afterglow_foundation.jobs.working import Worker, worker

__all__ = [
    "Handler",
    "HopelessError",
    "Job",
    "JobCount",
    "Line",
    "NotNowError",
    "Patience",
    "Worker",
    "count",
    "enqueue",
    "enqueue_each",
    "line_before",
    "worker",
]

"""Imported first by the server of forks: it dies with the supervisor, and the services die with it.

By itself it would live on after `kill -9` of the supervisor: it waits for the end of a pipe, and every process
forked from it holds that pipe open. Imported anywhere else this does nothing.
"""

import gc
import os

from afterglow_operator.tether import die_with_parent

SUPERVISOR = "AFTERGLOW_SUPERVISOR"

if os.environ.get(SUPERVISOR) == str(os.getppid()):
    die_with_parent()
    gc.disable()  # what is imported stays; `demo/frozen.py` enables it again

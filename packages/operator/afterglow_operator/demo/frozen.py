"""Imported last by the server of forks: what every service would make of what was imported is made here, once.

Then all of it leaves the collector's sight, so forks go on sharing it. While modules were imported it was off: it goes
through everything again and again, and nothing of it can be thrown away.
"""

import gc
from importlib import import_module

from afterglow_foundation.app import include_ahead
from sqlalchemy.orm import configure_mappers

from afterglow_operator.demo.installation import SERVICES

gc.enable()
for service in SERVICES:
    include_ahead(import_module(f"afterglow_{service}.main").ROUTERS)
configure_mappers()
gc.collect()
gc.freeze()

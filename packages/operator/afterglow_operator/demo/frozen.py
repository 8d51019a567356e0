"""Imported last by the server of forks: what it imported leaves the collector's sight, so forks go on sharing it."""

import gc

gc.collect()
gc.freeze()

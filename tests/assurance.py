"""Whether a run is the long form: `AFTERGLOW_ASSURANCE=1` lets each test that has one run at full size."""

import os

LONG = os.environ.get("AFTERGLOW_ASSURANCE") == "1"
RACES = 200 if LONG else 20  # rounds of twenty at once for what tokens hang on: a tenth in every run, never none
PATIENCE = 600  # seconds that such a race may take at full size on a machine that is busy

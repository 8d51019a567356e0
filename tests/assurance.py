"""Whether a run is the long form: `AFTERGLOW_ASSURANCE=1` lets each test that has one run at full size."""

import os

LONG = os.environ.get("AFTERGLOW_ASSURANCE") == "1"

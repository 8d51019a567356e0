"""`afterglow demo`: the whole system on one machine, supervised, with demonstration data."""

"""`afterglow programs`: programs of the house's own, registered at the host."""

"""`afterglow doctor`: what is well with a running installation, and what is not."""

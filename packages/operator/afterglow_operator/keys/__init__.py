"""`afterglow keys`: auth's signing keys from the host's command line, where nobody is signed in."""

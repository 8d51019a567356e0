"""`afterglow people`: accounts and care from the host's command line, where nobody is signed in."""

"""A mailbox for trying things out: an SMTP server that keeps every mail as a file and forwards none.

The demonstration runs it, and `python -m afterglow_operator.mailbox --help` does alone, with TLS if wanted.
"""

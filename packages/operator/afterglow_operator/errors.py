"""What goes wrong for a person at the terminal: one clear sentence, never a stack trace."""


class OperatorError(Exception):
    """Carries one sentence for the person at the terminal; the command prints it and exits with 1."""

"""While a dosing session is open its client's first page is quiet: what that is, until when, and that they left it."""
